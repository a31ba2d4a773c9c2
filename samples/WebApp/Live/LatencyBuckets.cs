using System.Numerics;

namespace WebApp.Live;

/// <summary>A histogram of latencies with a bucket width of one eighth of the value. Thread-safe; its memory is constant.</summary>
internal sealed class LatencyBuckets
{
    private const int Precision = 3;

    private readonly long[] _counts = new long[64 << Precision];

    public void Record(TimeSpan latency) => Interlocked.Increment(ref _counts[BucketOf((ulong)Math.Max(latency.TotalMicroseconds, 0))]);

    /// <summary>Returns the counts since the last call.</summary>
    public long[] Take()
    {
        long[] taken = new long[_counts.Length];
        for (int bucket = 0; bucket < taken.Length; bucket++)
        {
            taken[bucket] = Interlocked.Exchange(ref _counts[bucket], 0);
        }

        return taken;
    }

    /// <summary>Returns a percentile in microseconds; null if there are no latencies.</summary>
    public static double? Percentile(long[] counts, double share)
    {
        long total = counts.Sum();
        long wanted = Math.Max(1, (long)Math.Ceiling(total * share));
        long seen = 0;
        for (int bucket = 0; bucket < counts.Length && total > 0; bucket++)
        {
            seen += counts[bucket];
            if (seen >= wanted)
            {
                return UpperEndOf(bucket);
            }
        }

        return null;
    }

    internal static int BucketOf(ulong microseconds)
    {
        int shift = Math.Max(0, BitOperations.Log2(microseconds | 1) - Precision);
        return (shift << Precision) + (int)(microseconds >> shift);
    }

    private static double UpperEndOf(int bucket)
    {
        int shift = Math.Max(0, (bucket >> Precision) - 1);
        return (((long)bucket - (shift << Precision) + 1) << shift) - 1;
    }
}
