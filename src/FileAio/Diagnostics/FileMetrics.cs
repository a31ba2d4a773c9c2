using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace FileAio.Diagnostics;

/// <summary>The instruments of the meter <c>FileAio</c>.</summary>
/// <remarks>
/// A listener's callback is application code that runs on the measuring thread, and reads complete on engine threads. Counts are therefore
/// kept here and observed on the collector's thread; durations are recorded by a timer (<see cref="DeferredMeasurements"/>).
/// </remarks>
internal static class FileMetrics
{
    private static readonly Meter Meter = new("FileAio");

    /// <summary>
    /// The default boundaries of OpenTelemetry are milliseconds for HTTP; the first would contain all reads of an NVMe device.
    /// </summary>
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        "fileaio.read.duration",
        "s",
        "Duration of a read from submission to completion, including the time in a queue.",
        tags: null,
        new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries =
                [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
        });

    private static readonly Counter<long> Overdue = Meter.CreateCounter<long>(
        "fileaio.reads_overdue", "{read}", "Reads that took longer than AioTimeout, counted while in flight.");

    private static readonly DeferredMeasurements Durations = new(Duration);
    private static readonly ConcurrentDictionary<string, StrongBox<long>> BytesByEngine = new();
    private static readonly ConcurrentDictionary<(string Reason, string? Device), StrongBox<long>> Fallbacks = new();
    private static long s_readsInFlight, s_fallbacks, s_bytesFromPageCache, s_bytesBySendFile, s_sendFileMisses, s_cacheHits, s_cacheMisses;

    static FileMetrics()
    {
        Meter.CreateObservableUpDownCounter("fileaio.reads_in_flight", static () => ReadsInFlight, "{read}",
            "Reads that an engine has not completed.");
        Meter.CreateObservableCounter("fileaio.bytes_read", ObserveBytes, "By",
            "Bytes read from files. Tag engine: page-cache for cached bytes, sendfile for bytes that the kernel sends itself.");
        Meter.CreateObservableCounter("fileaio.sendfile.misses", static () => Interlocked.Read(ref s_sendFileMisses), "{chunk}",
            "Chunks that were not completely in the page cache, and were read instead of sent by sendfile.");
        Meter.CreateObservableCounter("fileaio.fallbacks", ObserveFallbacks, "{fallback}",
            "Fallbacks because the kernel refused a call, by reason; no-direct-io also by device, once per file.");
        Meter.CreateObservableCounter("fileaio.open_file_cache.hits", static () => Interlocked.Read(ref s_cacheHits), "{lookup}",
            "Lookups that found the file in the open-file cache.");
        Meter.CreateObservableCounter("fileaio.open_file_cache.misses", static () => Interlocked.Read(ref s_cacheMisses), "{lookup}",
            "Lookups that had to open the file.");
    }

    /// <summary>Gets the number of reads in flight, for status pages and tests.</summary>
    public static long ReadsInFlight => Interlocked.Read(ref s_readsInFlight);

    public static long FallbackCount => Interlocked.Read(ref s_fallbacks);

    public static void ReadStarted() => Interlocked.Increment(ref s_readsInFlight);

    public static void ReadEnded(string engine, long started, SysResult result)
    {
        Interlocked.Decrement(ref s_readsInFlight);
        if (Duration.Enabled)
        {
            Durations.Add(Stopwatch.GetElapsedTime(started).TotalSeconds, engine);
        }

        if (result.Value > 0)
        {
            Interlocked.Add(ref BytesByEngine.GetOrAdd(engine, static _ => new StrongBox<long>()).Value, result.Value);
        }
    }

    /// <summary>Not for engine threads: the listener is called synchronously.</summary>
    public static void ReadOverdue(string engine) => Overdue.Add(1, new KeyValuePair<string, object?>("engine", engine));

    public static void SentByKernel(long bytes) => Interlocked.Add(ref s_bytesBySendFile, bytes);

    public static void SendFileMissed() => Interlocked.Increment(ref s_sendFileMisses);

    public static void ReadFromPageCache(long bytes) => Interlocked.Add(ref s_bytesFromPageCache, bytes);

    public static void Fallback(string reason, string? device = null)
    {
        Interlocked.Increment(ref s_fallbacks);
        Interlocked.Increment(ref Fallbacks.GetOrAdd((reason, device), static _ => new StrongBox<long>()).Value);
    }

    public static void CacheLookup(bool hit) => Interlocked.Increment(ref hit ? ref s_cacheHits : ref s_cacheMisses);

    private static IEnumerable<Measurement<long>> ObserveBytes()
    {
        foreach ((string engine, StrongBox<long> bytes) in BytesByEngine)
        {
            yield return new Measurement<long>(Interlocked.Read(ref bytes.Value), new KeyValuePair<string, object?>("engine", engine));
        }

        yield return new Measurement<long>(
            Interlocked.Read(ref s_bytesFromPageCache), new KeyValuePair<string, object?>("engine", "page-cache"));
        yield return new Measurement<long>(
            Interlocked.Read(ref s_bytesBySendFile), new KeyValuePair<string, object?>("engine", "sendfile"));
    }

    private static IEnumerable<Measurement<long>> ObserveFallbacks()
    {
        foreach (((string reason, string? device), StrongBox<long> count) in Fallbacks)
        {
            KeyValuePair<string, object?> why = new KeyValuePair<string, object?>("reason", reason);
            yield return device is null
                ? new Measurement<long>(Interlocked.Read(ref count.Value), why)
                : new Measurement<long>(Interlocked.Read(ref count.Value), why, new KeyValuePair<string, object?>("device", device));
        }
    }
}
