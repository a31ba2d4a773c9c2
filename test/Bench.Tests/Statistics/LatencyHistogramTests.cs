using Bench.Load;

namespace Bench.Tests.Statistics;

public class LatencyHistogramTests
{
    [Fact]
    public void Percentiles_are_exact_to_one_bucket()
    {
        Random random = new Random(5);
        long[] values = Enumerable.Range(0, 50_000).Select(_ => (long)Math.Exp(random.NextDouble() * 25)).ToArray();
        LatencyHistogram histogram = new LatencyHistogram();
        foreach (long value in values)
        {
            histogram.Record(value);
        }

        Array.Sort(values);
        foreach (double fraction in new[] { 0.01, 0.5, 0.9, 0.99, 0.999 })
        {
            long exact = values[(int)Math.Ceiling(fraction * values.Length) - 1];
            Assert.InRange(histogram.Percentile(fraction), exact, exact * (1 + 1 / 128.0) + 1);
        }

        Assert.Equal(values[^1], histogram.Max);
        Assert.Equal(values[^1], histogram.Percentile(1));
        Assert.Equal(values.Length, histogram.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(long.MaxValue)]
    public void Every_value_has_a_bucket(long value)
    {
        LatencyHistogram histogram = new LatencyHistogram();
        histogram.Record(value);
        Assert.Equal(value, histogram.Percentile(0.5));
    }

    [Fact]
    public void Histograms_are_added()
    {
        (LatencyHistogram? whole, LatencyHistogram? first, LatencyHistogram? second) =
            (new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram());
        for (int i = 0; i < 1000; i++)
        {
            whole.Record(i * i);
            (i % 3 == 0 ? first : second).Record(i * i);
        }

        first.Add(second);
        Assert.Equal((whole.Count, whole.Max, whole.Percentile(0.5), whole.Percentile(0.99)),
            (first.Count, first.Max, first.Percentile(0.5), first.Percentile(0.99)));
    }

    [Fact]
    public void The_log_of_h2load_is_read()
    {
        LatencySummary? summary = H2load.ReadLatencies(Enumerable.Range(1, 100).Select(i => $"179550141063514{i % 10}\t200\t{100 * i}"));
        Assert.InRange(summary!.P50, 5000, 5050);
        Assert.Equal(10_000, summary.Max);
        Assert.Null(H2load.ReadLatencies([]));
    }

    [Fact]
    public void Samples_above_a_value_are_counted()
    {
        LatencyHistogram histogram = new LatencyHistogram();
        for (int i = 0; i < 100; i++)
        {
            histogram.Record(i * 1_000_000L);
        }

        Assert.InRange(histogram.CountAbove(49_000_000), 49, 50);
    }
}
