using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace FileAio.Hosting;

/// <summary>
/// Reads <see cref="DirectIoFileOptions"/> from configuration, with nginx's spellings: sizes as <c>128k</c>, <c>4m</c>, <c>1g</c>;
/// <c>off</c>; <c>unlimited</c>; output buffers as <c>1 128k</c>. Written out, as the binder of the framework would say of a wrong value
/// only that it is wrong.
/// </summary>
internal sealed class DirectIoFileConfiguration(IConfiguration section)
{
    private readonly List<string> _failures = [];

    /// <summary>
    /// Sets what the section names. Of each value that cannot be read one line is returned, which says what the option takes; its option
    /// keeps the value it had.
    /// </summary>
    public static IReadOnlyList<string> Bind(IConfiguration section, DirectIoFileOptions options)
    {
        DirectIoFileConfiguration configuration = new DirectIoFileConfiguration(section);
        configuration.Bind(options);
        return configuration._failures;
    }

    private void Bind(DirectIoFileOptions o)
    {
        o.Root = section[nameof(o.Root)] ?? o.Root;
        Set(nameof(o.RequestPath), "a path that begins with /", text => o.RequestPath = text);
        o.DefaultContentType = section[nameof(o.DefaultContentType)] ?? o.DefaultContentType;
        o.ServeUnknownFileTypes = Flag(nameof(o.ServeUnknownFileTypes), o.ServeUnknownFileTypes);
        o.DefaultFiles = List(nameof(o.DefaultFiles)) ?? o.DefaultFiles;
        o.RedirectToAppendTrailingSlash = Flag(nameof(o.RedirectToAppendTrailingSlash), o.RedirectToAppendTrailingSlash);
        o.ServeDotFiles = Flag(nameof(o.ServeDotFiles), o.ServeDotFiles);
        o.DisableSymlinks = Choice(nameof(o.DisableSymlinks), o.DisableSymlinks);
        o.DisableSymlinksFrom = section[nameof(o.DisableSymlinksFrom)] ?? o.DisableSymlinksFrom;
        o.HttpsCompression = Choice(nameof(o.HttpsCompression), o.HttpsCompression);
        o.Terminal = Flag(nameof(o.Terminal), o.Terminal);
        o.ETag = Flag(nameof(o.ETag), o.ETag);
        o.ETagPrecision = Choice(nameof(o.ETagPrecision), o.ETagPrecision);
        o.IfModifiedSince = Choice(nameof(o.IfModifiedSince), o.IfModifiedSince);
        o.MaxRanges = Number(nameof(o.MaxRanges), o.MaxRanges, "unlimited", int.MaxValue);
        o.Precompressed = List(nameof(o.Precompressed)) ?? o.Precompressed;
        o.PrecompressedAlways = Flag(nameof(o.PrecompressedAlways), o.PrecompressedAlways);
        o.Aio = Choice(nameof(o.Aio), o.Aio);
        o.AioRequests = Number(nameof(o.AioRequests), o.AioRequests);
        o.Threads = Number(nameof(o.Threads), o.Threads);
        o.MaxQueue = Number(nameof(o.MaxQueue), o.MaxQueue);
        o.QueueTimeout = Time(nameof(o.QueueTimeout), o.QueueTimeout);
        o.AioTimeout = Time(nameof(o.AioTimeout), o.AioTimeout);
        Set(nameof(o.DirectIoThreshold), "a size such as 4194304 or 4m, or off", text =>
            o.DirectIoThreshold = Is(text, "off") ? null : Sizes.Parse(text));
        o.CacheProbe = Choice(nameof(o.CacheProbe), o.CacheProbe);
        Set(nameof(o.DirectIoAlignment), "a size such as 4096 or 4k, or auto", text =>
            o.DirectIoAlignment = Is(text, "auto") ? null : checked((int)Sizes.Parse(text)));
        o.OutputBuffers = Buffers(nameof(o.OutputBuffers), o.OutputBuffers);
        o.ReadIntoPipe = Flag(nameof(o.ReadIntoPipe), o.ReadIntoPipe);
        Set(nameof(o.InlineCompletions), "true, false, auto", text =>
            o.InlineCompletions = Is(text, "auto") ? null : bool.Parse(text));
        o.MaxInFlightBytes = Size(nameof(o.MaxInFlightBytes), o.MaxInFlightBytes);
        o.ReadAhead = Flag(nameof(o.ReadAhead), o.ReadAhead);
        o.OpenFileCache.Max = Number("OpenFileCache:Max", o.OpenFileCache.Max);
        o.OpenFileCache.Inactive = Time("OpenFileCache:Inactive", o.OpenFileCache.Inactive);
        o.OpenFileCache.Valid = Time("OpenFileCache:Valid", o.OpenFileCache.Valid);
        o.OpenFileCache.MinUses = Number("OpenFileCache:MinUses", o.OpenFileCache.MinUses);
        o.OpenFileCache.Errors = Flag("OpenFileCache:Errors", o.OpenFileCache.Errors);
        o.SendTimeout = Time(nameof(o.SendTimeout), o.SendTimeout);
        o.LimitRate = Size(nameof(o.LimitRate), o.LimitRate);
        o.LimitRateAfter = Size(nameof(o.LimitRateAfter), o.LimitRateAfter);
    }

    private static bool Is(string text, string word) => text.Equals(word, StringComparison.OrdinalIgnoreCase);

    private void Set(string name, string allowed, Action<string> apply)
    {
        if (section[name] is not { } text)
        {
            return;
        }

        try
        {
            apply(text.Trim());
        }
        catch (Exception wrong) when (wrong is FormatException or OverflowException or ArgumentException)
        {
            _failures.Add($"DirectIoFiles:{name} is \"{text}\"; allowed: {allowed}.");
        }
    }

    private bool Flag(string name, bool value)
    {
        Set(name, "true, false", text => value = bool.Parse(text));
        return value;
    }

    private T Choice<T>(string name, T value) where T : struct, Enum
    {
        Set(name, string.Join(", ", Enum.GetNames<T>()), text =>
            value = Enum.GetNames<T>().Any(choice => Is(text, choice)) ? Enum.Parse<T>(text, ignoreCase: true) : throw new FormatException()); // not by number, which means nothing to a reader
        return value;
    }

    private int Number(string name, int value, string? word = null, int wordValue = 0)
    {
        Set(name, word is null ? "a whole number" : $"a whole number, or {word}", text =>
            value = word is not null && Is(text, word) ? wordValue : int.Parse(text, CultureInfo.InvariantCulture));
        return value;
    }

    private long Size(string name, long value)
    {
        Set(name, "a size such as 131072, 128k or 4m", text => value = Sizes.Parse(text));
        return value;
    }

    private TimeSpan Time(string name, TimeSpan value)
    {
        Set(name, "seconds (60), or hours:minutes:seconds (00:01:00)", text =>
            value = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds)
                ? TimeSpan.FromSeconds(seconds)
                : TimeSpan.Parse(text, CultureInfo.InvariantCulture));
        return value;
    }

    /// <summary>An array in JSON, or one value with commas from a command line; null where nothing is said.</summary>
    private List<string>? List(string name)
    {
        List<string> items = section.GetSection(name).GetChildren().Select(item => item.Value).OfType<string>().ToList();
        if (items.Count > 0)
        {
            return items;
        }

        return section[name]?.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToList();
    }

    private OutputBuffers Buffers(string name, OutputBuffers value)
    {
        Set(name, "a count and a size such as 1 128k", text => value = Sizes.ParseBuffers(text));
        foreach ((string? count, string? size) in new[] { ($"{name}:0", $"{name}:1"), ($"{name}:Count", $"{name}:Size") })
        {
            value = value with { Count = Number(count, value.Count) };
            Set(size, "a size such as 131072 or 128k", text => value = value with { Size = checked((int)Sizes.Parse(text)) });
        }
        return value;
    }
}
