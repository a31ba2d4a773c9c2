using System.Numerics;

namespace Bench.Load;

/// <summary>
/// A histogram of latencies with buckets whose width grows with the value: constant memory, no allocation per sample, and an error
/// below 0.8 %.
/// </summary>
internal sealed class LatencyHistogram
{
    /// <summary>2^7 buckets for each power of two: the width of a bucket is at most 1/128 of its value.</summary>
    private const int PrecisionBits = 7;

    private readonly long[] _counts = new long[(64 - PrecisionBits) << PrecisionBits];

    /// <summary>The number of samples.</summary>
    public long Count { get; private set; }

    /// <summary>The exact maximum in nanoseconds.</summary>
    public long Max { get; private set; }

    /// <summary>Adds a sample in nanoseconds; negative values count as 0.</summary>
    public void Record(long nanoseconds)
    {
        nanoseconds = Math.Max(nanoseconds, 0);
        _counts[BucketOf(nanoseconds)]++;
        Count++;
        Max = Math.Max(Max, nanoseconds);
    }

    /// <summary>Adds all samples of another histogram.</summary>
    public void Add(LatencyHistogram other)
    {
        for (int bucket = 0; bucket < _counts.Length; bucket++)
        {
            _counts[bucket] += other._counts[bucket];
        }

        Count += other.Count;
        Max = Math.Max(Max, other.Max);
    }

    /// <summary>Returns the value in nanoseconds that <paramref name="fraction"/> of the samples do not exceed; 0 without
    /// samples.</summary>
    public long Percentile(double fraction)
    {
        if (Count == 0)
        {
            return 0;
        }

        long wanted = Math.Max(1, (long)Math.Ceiling(fraction * Count));
        long seen = 0L;
        for (int bucket = 0; bucket < _counts.Length; bucket++)
        {
            seen += _counts[bucket];
            if (seen >= wanted)
            {
                return Math.Min(UpperEndOf(bucket), Max);
            }
        }

        return Max;
    }

    /// <summary>Returns the number of samples above a value in nanoseconds, to the precision of a bucket.</summary>
    public long CountAbove(long nanoseconds)
    {
        long above = 0L;
        for (int bucket = BucketOf(nanoseconds) + 1; bucket < _counts.Length; bucket++)
        {
            above += _counts[bucket];
        }

        return above;
    }

    private static int BucketOf(long value)
    {
        int shift = Math.Max(0, 63 - BitOperations.LeadingZeroCount((ulong)value) - PrecisionBits);
        return (shift << PrecisionBits) + (int)(value >> shift);
    }

    private static long UpperEndOf(int bucket)
    {
        // From 2^PrecisionBits on, the mantissa runs from 2^PrecisionBits to twice that: one octave for each shift.
        if (bucket < 2 << PrecisionBits)
        {
            return bucket;
        }

        int shift = (bucket >> PrecisionBits) - 1;
        int mantissa = bucket - (shift << PrecisionBits);
        return ((mantissa + 1L) << shift) - 1;
    }
}
