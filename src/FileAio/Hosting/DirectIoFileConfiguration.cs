using System.Globalization;
using Microsoft.Extensions.Configuration;
using Shared;

namespace FileAio.Hosting;

/// <summary>
/// Reads <see cref="DirectIoFileOptions"/> from configuration, in nginx's notation: sizes as <c>128k</c>, <c>4m</c>, <c>1g</c>; <c>off</c>;
/// <c>unlimited</c>; output buffers as <c>1 128k</c>. The framework's binder is not used, because its error messages do not name the
/// allowed values.
/// </summary>
internal sealed class DirectIoFileConfiguration(IConfiguration section, string path)
{
    /// <summary>The configuration section that applies to all mounts.</summary>
    public const string Section = "DirectIoFiles";

    /// <summary>The subsection that contains one section for each named mount.</summary>
    public const string Mounts = "Mounts";

    private readonly List<string> _failures = [];
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Binds the section to the options. Returns one message for each invalid value and each unknown key, with the allowed values. An
    /// option with an invalid value keeps its previous value.
    /// </summary>
    public static IReadOnlyList<string> Bind(IConfiguration section, DirectIoFileOptions options, string path = Section)
    {
        DirectIoFileConfiguration configuration = new DirectIoFileConfiguration(section, path);
        configuration.Bind(options);
        configuration.FindUnknownKeys();
        return configuration._failures;
    }

    /// <summary>
    /// Binds <c>DirectIoFiles</c> and, for a named mount, <c>DirectIoFiles:Mounts:{name}</c>, which takes precedence. A named mount
    /// inherits all options of the common section except the folder and its request path.
    /// </summary>
    public static IReadOnlyList<string> BindMount(IConfiguration configuration, string name, DirectIoFileOptions options)
    {
        IConfigurationSection common = configuration.GetSection(Section);
        IReadOnlyList<string> failures = Bind(common, options);
        if (name.Length == 0)
        {
            return failures;
        }

        (options.Root, options.RequestPath) = (null, default);
        return [.. failures, .. Bind(common.GetSection(Mounts).GetSection(name), options, $"{Section}:{Mounts}:{name}")];
    }

    /// <summary>Returns a message for each key that was not read.</summary>
    private void FindUnknownKeys()
    {
        ILookup<string, string> names = _names.ToLookup(name => name.Split(':')[0], name => name, StringComparer.OrdinalIgnoreCase);
        List<string> top = [.. names.Select(name => name.Key)];
        if (path == Section)
        {
            top.Add(Mounts);
        }

        _failures.AddRange(ConfigurationKeys.Unknown(section, path, top));
        foreach (IGrouping<string, string> name in names)
        {
            // The items of a list are allowed. OutputBuffers also has numbered keys, which are among the names already.
            List<string> below = [.. name.Where(full => full.Contains(':')).Select(full => full.Split(':')[1])];
            bool isList = name.Key is nameof(DirectIoFileOptions.DefaultFiles) or nameof(DirectIoFileOptions.Precompressed);
            IConfigurationSection child = section.GetSection(name.Key);
            if (below.Count > 0)
            {
                _failures.AddRange(ConfigurationKeys.Unknown(child, $"{path}:{name.Key}", below));
            }
            else if (child.GetChildren().FirstOrDefault(item =>
                !isList || !int.TryParse(item.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _)) is { } item)
            {
                _failures.Add($"{path}:{name.Key}:{item.Key} is not an option; "
                    + $"allowed: {(isList ? "a list" : "one value")} for {name.Key}.");
            }
        }
    }

    private string? Text(string name)
    {
        _names.Add(name);
        return section[name];
    }

    private void Bind(DirectIoFileOptions o)
    {
        o.Root = Text(nameof(o.Root)) ?? o.Root;
        o.RootCheckInterval = Time(nameof(o.RootCheckInterval), o.RootCheckInterval);
        Set(nameof(o.RequestPath), "a path that begins with /", text => o.RequestPath = text);
        o.DefaultContentType = Text(nameof(o.DefaultContentType)) ?? o.DefaultContentType;
        o.ServeUnknownFileTypes = Flag(nameof(o.ServeUnknownFileTypes), o.ServeUnknownFileTypes);
        o.DefaultFiles = List(nameof(o.DefaultFiles)) ?? o.DefaultFiles;
        o.RedirectToAppendTrailingSlash = Flag(nameof(o.RedirectToAppendTrailingSlash), o.RedirectToAppendTrailingSlash);
        o.ServeDotFiles = Flag(nameof(o.ServeDotFiles), o.ServeDotFiles);
        o.DisableSymlinks = Choice(nameof(o.DisableSymlinks), o.DisableSymlinks);
        o.DisableSymlinksFrom = Text(nameof(o.DisableSymlinksFrom)) ?? o.DisableSymlinksFrom;
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
        o.ReprDigest = Choice(nameof(o.ReprDigest), o.ReprDigest);
        o.CacheProbe = Choice(nameof(o.CacheProbe), o.CacheProbe);
        o.SendFile = Choice(nameof(o.SendFile), o.SendFile);
        Set(nameof(o.SendFileMaxChunk), "a size such as 2097152 or 2m", text => o.SendFileMaxChunk = checked((int)Sizes.Parse(text)));
        Set(nameof(o.DirectIoAlignment), "a size such as 4096 or 4k, or auto", text =>
            o.DirectIoAlignment = Is(text, "auto") ? null : checked((int)Sizes.Parse(text)));
        o.OutputBuffers = Buffers(nameof(o.OutputBuffers), o.OutputBuffers);
        o.ReadIntoPipe = Flag(nameof(o.ReadIntoPipe), o.ReadIntoPipe);
        Set(nameof(o.InlineCompletions), "true, false, auto", text =>
            o.InlineCompletions = Is(text, "auto") ? null : bool.Parse(text));
        o.MaxReadAhead = Size(nameof(o.MaxReadAhead), o.MaxReadAhead);
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
        if (Text(name) is not { } text)
        {
            return;
        }

        try
        {
            apply(text.Trim());
        }
        catch (Exception wrong) when (wrong is FormatException or OverflowException or ArgumentException)
        {
            _failures.Add($"{path}:{name} is \"{text}\"; allowed: {allowed}.");
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
            // not by number: the error message could not name its meaning
            value = Enum.GetNames<T>().Any(choice => Is(text, choice)) ? Enum.Parse<T>(text, ignoreCase: true)
                : throw new FormatException());
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

    /// <summary>Reads an array, or one value with commas (from a command line); null if the key is missing.</summary>
    private List<string>? List(string name)
    {
        _names.Add(name);
        List<string> items = section.GetSection(name).GetChildren().Select(item => item.Value).OfType<string>().ToList();
        if (items.Count > 0)
        {
            return items;
        }

        return Text(name)?.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToList();
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
