using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace FileAio.Diagnostics;

/// <summary>The counts of file reads in the process, which the instruments of the meter <c>FileAio</c> show.</summary>
/// <remarks>
/// A listener's callback is application code that runs on the measuring thread, and reads complete on engine threads. Counts are therefore
/// kept here and observed on the collector's thread; durations are recorded by a timer (<see cref="DeferredMeasurements"/>).
/// </remarks>
internal static class FileMetrics
{
    public const string MeterName = "FileAio";

    private static readonly Lock Gate = new();
    private static readonly ConditionalWeakTable<Meter, FileMeter> Meters = [];
    private static Meter? s_processMeter;

    /// <summary>Replaced under the gate. A disposed host's meter is collected with it.</summary>
    private static WeakReference<FileMeter>[] s_meters = [];

    private static readonly ConcurrentDictionary<string, StrongBox<long>> BytesByEngine = new();
    private static readonly ConcurrentDictionary<(string Reason, string? Device), StrongBox<long>> Fallbacks = new();
    private static long s_readsInFlight, s_fallbacks, s_bytesFromPageCache, s_bytesBySendFile, s_sendFileMisses, s_cacheHits, s_cacheMisses,
        s_bytesShared;

    /// <summary>
    /// Creates the instruments, once for each meter factory. A host has one, so that its listeners see its own meter; without a factory the
    /// meter belongs to the process. The counts are those of the process, because its engines are shared.
    /// </summary>
    public static void Attach(IMeterFactory? factory)
    {
        lock (Gate)
        {
            Meter meter = factory?.Create(MeterName) ?? (s_processMeter ??= new Meter(MeterName));
            if (!Meters.TryGetValue(meter, out _))
            {
                FileMeter attached = new(meter);
                Meters.Add(meter, attached);
                s_meters = [.. s_meters.Where(static known => known.TryGetTarget(out _)), new WeakReference<FileMeter>(attached)];
            }
        }
    }

    /// <summary>Gets the number of reads in flight, for status pages and tests.</summary>
    public static long ReadsInFlight => Interlocked.Read(ref s_readsInFlight);

    public static long FallbackCount => Interlocked.Read(ref s_fallbacks);

    public static long SendFileMisses => Interlocked.Read(ref s_sendFileMisses);

    public static long BytesShared => Interlocked.Read(ref s_bytesShared);

    public static long CacheHits => Interlocked.Read(ref s_cacheHits);

    public static long CacheMisses => Interlocked.Read(ref s_cacheMisses);

    public static void ReadStarted() => Interlocked.Increment(ref s_readsInFlight);

    public static void ReadEnded(string engine, long started, SysResult result)
    {
        Interlocked.Decrement(ref s_readsInFlight);
        foreach (WeakReference<FileMeter> reference in Volatile.Read(ref s_meters))
        {
            if (reference.TryGetTarget(out FileMeter? meter) && meter.MeasuresDurations)
            {
                meter.ReadEnded(Stopwatch.GetElapsedTime(started).TotalSeconds, engine);
            }
        }

        if (result.Value > 0)
        {
            Interlocked.Add(ref BytesByEngine.GetOrAdd(engine, static _ => new StrongBox<long>()).Value, result.Value);
        }
    }

    /// <summary>Not for engine threads: the listener is called synchronously.</summary>
    public static void ReadOverdue(string engine)
    {
        foreach (WeakReference<FileMeter> reference in Volatile.Read(ref s_meters))
        {
            if (reference.TryGetTarget(out FileMeter? meter))
            {
                meter.ReadOverdue(engine);
            }
        }
    }

    public static void SentByKernel(long bytes) => Interlocked.Add(ref s_bytesBySendFile, bytes);

    public static void SendFileMissed() => Interlocked.Increment(ref s_sendFileMisses);

    public static void ReadFromPageCache(long bytes) => Interlocked.Add(ref s_bytesFromPageCache, bytes);

    public static void ReadShared(long bytes) => Interlocked.Add(ref s_bytesShared, bytes);

    public static void Fallback(string reason, string? device = null)
    {
        Interlocked.Increment(ref s_fallbacks);
        Interlocked.Increment(ref Fallbacks.GetOrAdd((reason, device), static _ => new StrongBox<long>()).Value);
    }

    public static void CacheLookup(bool hit) => Interlocked.Increment(ref hit ? ref s_cacheHits : ref s_cacheMisses);

    public static IEnumerable<Measurement<long>> ObserveBytes()
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

    public static IEnumerable<Measurement<long>> ObserveFallbacks()
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
