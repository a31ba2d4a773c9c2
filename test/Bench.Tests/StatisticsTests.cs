using Bench.Statistics;

namespace Bench.Tests;

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
    public void A_sure_but_tiny_shift_is_no_difference() => Assert.Equal(Verdict.NoDifference, Judge(seed: 1, shift: 0.99, noise: 0.0005));

    [Fact]
    public void For_a_rate_more_is_faster()
    {
        PairedRatios ratios = new PairedRatios([[1.2, 1.21, 1.19], [1.2, 1.22, 1.18]], LowerIsBetter: false);
        Assert.Equal(Verdict.Faster, ratios.Judge(Margin).Verdict);
    }

    [Fact]
    public void Four_pairs_are_too_few_for_a_word() => Assert.Equal(Verdict.None, new PairedRatios([[0.5, 0.5], [0.5, 0.5]], true).Judge(Margin).Verdict);

    [Fact]
    public void One_wild_pair_does_not_decide()
    {
        Outcome outcome = new PairedRatios([[0.80, 0.81, 0.79, 5.0], [0.80, 0.82, 0.78, 0.80], [0.79, 0.80, 0.81, 0.80]], true).Judge(Margin);
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
    public void The_interval_holds_the_true_median_about_as_often_as_it_says()
    {
        int held = Enumerable.Range(0, 300).Count(seed => Bootstrap.OfMedian([Draw(new Random(seed), 25, 1, 0.1)]).Contains(0));
        Assert.InRange(held, 270, 300);
    }

    private static Verdict Judge(int seed, double shift, double noise)
    {
        Random random = new Random(seed);
        IReadOnlyList<double>[] generations = Enumerable.Range(0, 3).Select(_ => (IReadOnlyList<double>)[.. Draw(random, 4, shift, noise).Select(Math.Exp)]).ToArray();
        return new PairedRatios(generations, LowerIsBetter: true).Judge(Margin).Verdict;
    }

    /// <summary>Logarithms of ratios: normal, around the shift's.</summary>
    private static double[] Draw(Random random, int count, double shift, double noise) =>
        [.. Enumerable.Range(0, count).Select(_ => Math.Log(shift) + noise * Normal(random))];

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
