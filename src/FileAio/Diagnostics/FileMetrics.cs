using System.Diagnostics;
using System.Diagnostics.Metrics;
using FileAio.Interop;

namespace FileAio.Diagnostics;

/// <summary>The meter <c>FileAio</c>.</summary>
internal static class FileMetrics
{
    private static readonly Meter Meter = new("FileAio");

    private static readonly UpDownCounter<long> InFlight = Meter.CreateUpDownCounter<long>(
        "fileaio.reads_in_flight", "{read}", "Reads that an engine has and has not completed.");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        "fileaio.read.duration", "s", "From the submission of a read to its completion, waiting for its turn included.");

    private static readonly Counter<long> Overdue = Meter.CreateCounter<long>(
        "fileaio.reads_overdue", "{read}", "Reads that took longer than AioTimeout, counted while they are in flight.");

    private static readonly Counter<long> Bytes = Meter.CreateCounter<long>(
        "fileaio.bytes_read", "By", "Bytes read from files. Tag engine: page-cache is the read that does not wait.");

    private static readonly Counter<long> Fallbacks = Meter.CreateCounter<long>(
        "fileaio.fallbacks", "{fallback}", "Times that the kernel refused the way asked for, by reason.");

    private static readonly Counter<long> CacheHits = Meter.CreateCounter<long>(
        "fileaio.open_file_cache.hits", "{lookup}", "Lookups that the open-file cache answered.");

    private static readonly Counter<long> CacheMisses = Meter.CreateCounter<long>(
        "fileaio.open_file_cache.misses", "{lookup}", "Lookups that had to open the file.");

    private static long s_readsInFlight, s_fallbacks;

    /// <summary>Reads in flight, for status pages and tests.</summary>
    public static long ReadsInFlight => Interlocked.Read(ref s_readsInFlight);

    public static long FallbackCount => Interlocked.Read(ref s_fallbacks);

    public static void ReadStarted()
    {
        Interlocked.Increment(ref s_readsInFlight);
        InFlight.Add(1);
    }

    public static void ReadEnded(string engine, long started, SysResult result)
    {
        Interlocked.Decrement(ref s_readsInFlight);
        InFlight.Add(-1);
        KeyValuePair<string, object?> tag = new KeyValuePair<string, object?>("engine", engine);
        if (Duration.Enabled)
        {
            Duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, tag);
        }

        if (result.Value > 0)
        {
            Bytes.Add(result.Value, tag);
        }
    }

    public static void ReadOverdue(string engine) => Overdue.Add(1, new KeyValuePair<string, object?>("engine", engine));

    public static void ReadFromPageCache(long bytes) => Bytes.Add(bytes, new KeyValuePair<string, object?>("engine", "page-cache"));

    public static void Fallback(string reason)
    {
        Interlocked.Increment(ref s_fallbacks);
        Fallbacks.Add(1, new KeyValuePair<string, object?>("reason", reason));
    }

    public static void CacheLookup(bool hit) => (hit ? CacheHits : CacheMisses).Add(1);
}
