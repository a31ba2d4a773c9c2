namespace Bench.Statistics;

/// <summary>How far the median of a few measurements can be trusted: the percentile bootstrap.</summary>
internal static class Bootstrap
{
    /// <summary>Resamples drawn: enough for the second digit of the interval's ends to stand still.</summary>
    private const int Resamples = 10_000;

    /// <summary>The interval that holds the median with the given confidence.</summary>
    /// <param name="generations">Values grouped by the pair of server processes that gave them. Two processes of the same program differ by
    /// a per cent or so for as long as they live (what the JIT inlined, where memory lies), so processes are drawn first and then values
    /// within each: five values of one pair of processes are not five independent values.</param>
    /// <param name="confidence">Between 0 and 1.</param>
    /// <param name="seed">The same seed gives the same interval.</param>
    /// <exception cref="ArgumentException">There is not one value.</exception>
    public static Interval OfMedian(IReadOnlyList<IReadOnlyList<double>> generations, double confidence = 0.95, int seed = 20_240_229)
    {
        IReadOnlyList<double>[] filled = generations.Where(generation => generation.Count > 0).ToArray();
        if (filled.Length == 0)
        {
            throw new ArgumentException("an interval needs at least one value", nameof(generations));
        }

        Random random = new Random(seed);
        double[] medians = new double[Resamples];
        List<double> drawn = new List<double>();
        for (int i = 0; i < Resamples; i++)
        {
            drawn.Clear();
            for (int g = 0; g < filled.Length; g++)
            {
                IReadOnlyList<double> generation = filled[random.Next(filled.Length)];
                for (int v = 0; v < generation.Count; v++)
                {
                    drawn.Add(generation[random.Next(generation.Count)]);
                }
            }

            medians[i] = Sample.Median(drawn);
        }

        Array.Sort(medians);
        double tail = (1 - confidence) / 2;
        return new Interval(Sample.Quantile(medians, tail), Sample.Quantile(medians, 1 - tail));
    }
}
