namespace Bench.Statistics;

/// <summary>
/// Figures of A and B, pair by pair. Both figures of a pair are taken within seconds of each other, so a change of the machine's speed
/// affects both.
/// </summary>
/// <param name="Generations">The pairs, grouped by the two processes that they were taken from.</param>
/// <param name="LowerIsBetter">Whether a ratio below 1 means that B is better.</param>
internal sealed record PairedValues(IReadOnlyList<IReadOnlyList<Pair>> Generations, bool LowerIsBetter)
{
    /// <summary>The minimum number of pairs for a verdict.</summary>
    public const int MinimumPairs = 5;

    public int Count => Generations.Sum(generation => generation.Count);

    /// <summary>Returns the ratio of B's median to A's median over the given pairs.</summary>
    public static double RatioOfMedians(IReadOnlyList<Pair> pairs) =>
        Sample.Median(pairs.Select(pair => pair.B)) / Sample.Median(pairs.Select(pair => pair.A));

    /// <summary>Computes the ratio of the medians, its 95 % confidence interval and the verdict.</summary>
    /// <param name="margin">Ratios closer to 1 than this are reported as no difference: 0.03 is 3 %.</param>
    public Outcome Judge(double margin)
    {
        if (Count == 0)
        {
            return new Outcome(Verdict.None, double.NaN, new Interval(double.NaN, double.NaN));
        }

        double ratio = RatioOfMedians([.. Generations.SelectMany(generation => generation)]);
        Interval interval = Bootstrap.Of(Generations, RatioOfMedians);
        Verdict verdict =
            Count < MinimumPairs ? Verdict.None :
            interval.Contains(1) || Math.Abs(ratio - 1) <= margin ? Verdict.NoDifference :
            ratio < 1 == LowerIsBetter ? Verdict.Faster : Verdict.Slower;
        return new Outcome(verdict, ratio, interval);
    }
}
