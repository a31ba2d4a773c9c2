namespace Bench.Statistics;

/// <summary>
/// Ratios B ÷ A of measurements taken one right after the other, so that what the machine did to one it did to the other.
/// </summary>
/// <param name="Generations">The ratios, grouped by the pair of processes that gave them.</param>
/// <param name="LowerIsBetter">Whether a ratio below 1 speaks for B.</param>
internal sealed record PairedRatios(IReadOnlyList<IReadOnlyList<double>> Generations, bool LowerIsBetter)
{
    /// <summary>Pairs without which no word is given.</summary>
    public const int MinimumPairs = 5;

    public int Count => Generations.Sum(generation => generation.Count);

    /// <summary>The median, its interval, and the word.</summary>
    /// <param name="margin">Ratios nearer to 1 than this are no difference however sure they are: 0.02 is 2 %.</param>
    public Outcome Judge(double margin)
    {
        if (Count == 0)
        {
            return new Outcome(Verdict.None, double.NaN, new Interval(double.NaN, double.NaN));
        }

        // In logarithms twice as good and half as good lie equally far from no difference.
        IReadOnlyList<double>[] logarithms = Generations.Select(generation => (IReadOnlyList<double>)generation.Select(ratio => Math.Log(ratio)).ToArray()).ToArray();
        double median = Math.Exp(Sample.Median(logarithms.SelectMany(generation => generation)));
        Interval interval = Bootstrap.OfMedian(logarithms);
        interval = new Interval(Math.Exp(interval.Low), Math.Exp(interval.High));

        Verdict verdict =
            Count < MinimumPairs ? Verdict.None :
            interval.Contains(1) || Math.Abs(median - 1) <= margin ? Verdict.NoDifference :
            median < 1 == LowerIsBetter ? Verdict.Faster : Verdict.Slower;
        return new Outcome(verdict, median, interval);
    }
}
