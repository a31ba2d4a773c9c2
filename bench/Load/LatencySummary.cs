namespace Bench.Load;

/// <summary>Latency percentiles in microseconds.</summary>
internal sealed record LatencySummary(double P50, double P90, double P99, double P999, double Max)
{
    public static LatencySummary Of(LatencyHistogram histogram) => new(
        histogram.Percentile(0.50) / 1e3, histogram.Percentile(0.90) / 1e3, histogram.Percentile(0.99) / 1e3,
        histogram.Percentile(0.999) / 1e3, histogram.Max / 1e3);
}
