using System.Numerics;
using FileAio.Http;
using Microsoft.Net.Http.Headers;

namespace FileAio.Hosting;

/// <summary>Validates the options at start-up.</summary>
internal static class DirectIoFileOptionsValidator
{
    /// <summary>Returns a message for each option that is out of range, with its allowed values.</summary>
    /// <param name="o">The options.</param>
    /// <param name="section">The configuration section, which names the options in the messages.</param>
    /// <param name="contentRoot">The folder that a relative root is relative to.</param>
    public static List<string> Validate(DirectIoFileOptions o, string section, string contentRoot)
    {
        List<string> failures = new List<string>();
        void Check(bool ok, string name, object? value, string allowed)
        {
            if (!ok)
            {
                failures.Add($"{section}:{name} is {value ?? "null"}; allowed: {allowed}.");
            }
        }

        Check(o.RequestPath.Value is null or "" || HasPlainNames(o.RequestPath.Value[1..]), nameof(o.RequestPath), $"\"{o.RequestPath}\"",
            "a path that begins with /, with no //, /./ or /../ in it");
        Check(o.DefaultContentType is null || MediaTypeHeaderValue.TryParse(o.DefaultContentType, out _),
            nameof(o.DefaultContentType), $"\"{o.DefaultContentType}\"", "a media type such as application/octet-stream");
        Check(o.DefaultFiles.All(HasPlainNames), nameof(o.DefaultFiles), $"\"{string.Join(", ", o.DefaultFiles)}\"",
            "names in a directory, with no .. in them");
        Check(Enum.IsDefined(o.HttpsCompression), nameof(o.HttpsCompression), o.HttpsCompression, "default, doNotCompress, compress");
        Check(Enum.IsDefined(o.Aio), nameof(o.Aio), o.Aio, "on, off, threads, posix, uring");
        Check(Enum.IsDefined(o.DisableSymlinks), nameof(o.DisableSymlinks), o.DisableSymlinks, "off, on, ifNotOwner, beneath");
        Check(o.DisableSymlinksFrom is null || HasPlainNames(o.DisableSymlinksFrom),
            nameof(o.DisableSymlinksFrom), $"\"{o.DisableSymlinksFrom}\"",
            "a path relative to the root, such as releases/current, without . and ..");
        Check(Enum.IsDefined(o.ETagPrecision), nameof(o.ETagPrecision), o.ETagPrecision, "nanoseconds, seconds");
        Check(Enum.IsDefined(o.IfModifiedSince), nameof(o.IfModifiedSince), o.IfModifiedSince, "before, exact, off");
        Check(o.AioRequests is >= 16 and <= 65536, nameof(o.AioRequests), o.AioRequests, "16 to 65536");
        Check(o.Threads is >= 1 and <= 1024, nameof(o.Threads), o.Threads, "1 to 1024");
        Check(o.MaxQueue >= 1, nameof(o.MaxQueue), o.MaxQueue, "1 or more");
        Check(o.QueueTimeout > TimeSpan.Zero && o.QueueTimeout.TotalMilliseconds < int.MaxValue, nameof(o.QueueTimeout), o.QueueTimeout,
            "more than 0, less than 24 days");
        Check(o.AioTimeout >= TimeSpan.Zero || o.AioTimeout == Timeout.InfiniteTimeSpan, nameof(o.AioTimeout), o.AioTimeout,
            "0 (never) or more");
        Check(o.DirectIoThreshold is null or >= 1, nameof(o.DirectIoThreshold), o.DirectIoThreshold, "1 byte or more, or off");
        Check(Enum.IsDefined(o.ReprDigest), nameof(o.ReprDigest), o.ReprDigest, "off, sidecar, xattr");
        Check(Enum.IsDefined(o.CacheProbe), nameof(o.CacheProbe), o.CacheProbe, "off, noWait");
        Check(Enum.IsDefined(o.SendFile), nameof(o.SendFile), o.SendFile, "auto, on, off");
        Check(o.SendFileMaxChunk is >= 65536 and <= 1 << 30, nameof(o.SendFileMaxChunk), o.SendFileMaxChunk, "65536 to 1073741824 bytes");
        Check(o.DirectIoAlignment is null
            || (o.DirectIoAlignment is >= 512 and <= 1 << 20 && BitOperations.IsPow2(o.DirectIoAlignment.Value)),
            nameof(o.DirectIoAlignment), o.DirectIoAlignment, "a power of two from 512 to 1048576, or auto");
        Check(o.OutputBuffers.Count is >= 1 and <= 64, "OutputBuffers:Count", o.OutputBuffers.Count, "1 to 64");
        Check(o.OutputBuffers.Size is >= 4096 and <= 1 << 20, "OutputBuffers:Size", o.OutputBuffers.Size, "4096 to 1048576 bytes");
        long largestResponse = 2L * o.OutputBuffers.Count * o.OutputBuffers.Size;
        Check(o.MaxReadAhead is >= 0 and <= 64 << 20, nameof(o.MaxReadAhead), o.MaxReadAhead, "0 to 67,108,864");
        Check(o.MaxInFlightBytes >= largestResponse, nameof(o.MaxInFlightBytes), o.MaxInFlightBytes,
            $"{largestResponse} bytes or more (one response's buffers, twice)");
        Check(o.MaxRanges >= 0, nameof(o.MaxRanges), o.MaxRanges, "0 or more, or unlimited");
        Check((o.SendTimeout >= TimeSpan.Zero && o.SendTimeout.TotalMilliseconds < int.MaxValue)
            || o.SendTimeout == Timeout.InfiniteTimeSpan,
            nameof(o.SendTimeout), o.SendTimeout, "0 (never) or more, less than 24 days");
        Check(o.LimitRate >= 0, nameof(o.LimitRate), o.LimitRate, "0 (no limit) or more bytes a second");
        Check(o.LimitRateAfter >= 0, nameof(o.LimitRateAfter), o.LimitRateAfter, "0 or more bytes");
        Check(o.OpenFileCache.Max >= 0, "OpenFileCache:Max", o.OpenFileCache.Max, "0 (no cache) or more names");
        Check(o.OpenFileCache.MinUses >= 1, "OpenFileCache:MinUses", o.OpenFileCache.MinUses, "1 or more");
        Check(o.OpenFileCache.Inactive > TimeSpan.Zero, "OpenFileCache:Inactive", o.OpenFileCache.Inactive, "more than 0");
        Check(o.OpenFileCache.Valid >= TimeSpan.Zero, "OpenFileCache:Valid", o.OpenFileCache.Valid, "0 or more");
        foreach (string coding in o.Precompressed)
        {
            Check(ContentCoding.Find(coding) is not null, nameof(o.Precompressed), $"\"{coding}\"", "br, zstd, gzip");
        }

        Check(o.RootCheckInterval >= TimeSpan.Zero && o.RootCheckInterval <= TimeSpan.FromHours(1),
            nameof(o.RootCheckInterval), o.RootCheckInterval, "0 (every request) to 1 hour");
        Check(o.Root is null || (o.Root.Length > 0 && Directory.Exists(Path.Combine(contentRoot, o.Root))), nameof(o.Root),
            $"\"{o.Root}\"", "a folder that exists");
        return failures;
    }

    /// <summary>Returns whether the path is relative and has no "." or ".." component.</summary>
    private static bool HasPlainNames(string path) =>
        !path.Contains('\0') && path.TrimEnd('/').Split('/').All(static part => part is not ("" or "." or ".."));
}
