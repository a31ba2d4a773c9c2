namespace Soak.Measuring;

/// <summary>A distribution of durations, in milliseconds.</summary>
internal sealed record Latency(double P50, double P99, double Longest)
{
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static Latency Of(IEnumerable<TimeSpan> durations)
    {
        double[] sorted = [.. durations.Select(duration => duration.TotalMilliseconds).Order()];
        return sorted.Length == 0
            ? throw new InvalidOperationException("No request was measured: every one under way lasted longer.")
            : new Latency(sorted[sorted.Length / 2], sorted[(int)(sorted.Length * 0.99)], sorted[^1]);
    }
}
