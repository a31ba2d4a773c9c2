using Bench.Statistics;

namespace Bench.Tests.Statistics;

public class StatisticsTests
{
    private const double Margin = 0.03;

    [Theory]
    [InlineData(new[] { 3.0, 1, 2 }, 2)]
    [InlineData(new[] { 4.0, 1, 3, 2 }, 2.5)]
    [InlineData(new[] { 7.0 }, 7)]
    public void Median_is_the_middle(double[] values, double expected) => Assert.Equal(expected, Sample.Median(values));

    [Fact]
    public void Median_of_nothing_is_refused() => Assert.Throws<ArgumentException>(() => Sample.Median([]));

    [Fact]
    public void A_shift_of_a_tenth_is_found_in_noise_of_a_twentieth()
    {
        int found = Enumerable.Range(0, 100).Count(seed => Judge(seed, shift: 0.90, noise: 0.05) == Verdict.Faster);
        Assert.InRange(found, 97, 100);
    }

    [Fact]
    public void A_shift_the_other_way_is_slower() => Assert.Equal(Verdict.Slower, Judge(seed: 1, shift: 1.20, noise: 0.05));

    [Fact]
    public void No_shift_is_no_difference_nineteen_times_in_twenty()
    {
        int silent = Enumerable.Range(0, 200).Count(seed => Judge(seed, shift: 1, noise: 0.05) == Verdict.NoDifference);
        Assert.InRange(silent, 190, 200);
    }

    [Fact]
    public void A_certain_but_small_shift_is_no_difference()
        => Assert.Equal(Verdict.NoDifference, Judge(seed: 1, shift: 0.99, noise: 0.0005));

    [Fact]
    public void A_higher_rate_is_better()
    {
        Assert.Equal(Verdict.Faster, Values([[1.2, 1.21, 1.19], [1.2, 1.22, 1.18]], lowerIsBetter: false).Judge(Margin).Verdict);
    }

    [Fact]
    public void Four_pairs_are_too_few_for_a_verdict()
        => Assert.Equal(Verdict.None, Values([[0.5, 0.5], [0.5, 0.5]]).Judge(Margin).Verdict);

    [Fact]
    public void One_outlier_does_not_decide()
    {
        Outcome outcome = Values([[0.80, 0.81, 0.79, 5.0], [0.80, 0.82, 0.78, 0.80], [0.79, 0.80, 0.81, 0.80]]).Judge(Margin);
        Assert.Equal(Verdict.Faster, outcome.Verdict);
        Assert.InRange(outcome.Ratio, 0.79, 0.82);
    }

    [Fact]
    public void Processes_that_disagree_widen_the_interval()
    {
        // The same twelve values: once scattered alike over all processes, once each process with an opinion of its own.
        Interval agreeing = Bootstrap.OfMedian([[0.8, 1.0, 1.2, 0.9], [0.8, 1.0, 1.2, 0.9], [0.8, 1.0, 1.2, 0.9]]);
        Interval disagreeing = Bootstrap.OfMedian([[0.8, 0.8, 0.8, 0.9], [0.9, 0.9, 1.0, 1.0], [1.0, 1.2, 1.2, 1.2]]);
        Assert.True(disagreeing.High - disagreeing.Low > agreeing.High - agreeing.Low);
    }

    [Fact]
    public void The_interval_contains_the_true_median_at_its_confidence_level()
    {
        int held = Enumerable.Range(0, 300).Count(seed => Bootstrap.OfMedian([Draw(new Random(seed), 25, 1, 0.1)]).Contains(0));
        Assert.InRange(held, 270, 300);
    }

    private static Verdict Judge(int seed, double shift, double noise)
    {
        Random random = new Random(seed);
        return Values([.. Enumerable.Range(0, 3).Select(_ => Draw(random, 4, shift, noise).Select(Math.Exp).ToArray())])
            .Judge(Margin).Verdict;
    }

    [Fact]
    public void The_ratio_is_the_quotient_of_the_medians()
    {
        Pair[] pairs = [new(10, 6), new(20, 11), new(15, 9), new(12, 8), new(11, 6)];
        Outcome outcome = new PairedValues([pairs], LowerIsBetter: true).Judge(Margin);
        Assert.Equal(8.0 / 12, outcome.Ratio, 12);
        Assert.InRange(outcome.Ratio, outcome.Interval.Low, outcome.Interval.High);
    }

    /// <summary>A machine that changes its speed by half between pairs affects both figures of a pair.</summary>
    [Fact]
    public void A_change_of_speed_between_pairs_does_not_change_the_verdict()
    {
        double[] speeds = [1, 1.5, 1, 1.5, 1.2, 1.4, 1, 1.5];
        Pair[] pairs = [.. speeds.Select(speed => new Pair(10 * speed, 9 * speed))];
        Outcome outcome = new PairedValues([pairs[..4], pairs[4..]], LowerIsBetter: true).Judge(Margin);
        Assert.Equal(Verdict.Faster, outcome.Verdict);
        Assert.Equal(0.9, outcome.Ratio, 6);
    }

    /// <summary>Pairs whose A is 1, so that B is the ratio.</summary>
    private static PairedValues Values(IReadOnlyList<double[]> ratios, bool lowerIsBetter = true) =>
        new([.. ratios.Select(generation => (IReadOnlyList<Pair>)[.. generation.Select(ratio => new Pair(1, ratio))])], lowerIsBetter);

    /// <summary>Logarithms of ratios: normal, around the shift's.</summary>
    private static double[] Draw(Random random, int count, double shift, double noise) =>
        [.. Enumerable.Range(0, count).Select(_ => Math.Log(shift) + noise * Normal(random))];

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
