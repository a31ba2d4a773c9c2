namespace Bench.Statistics;

/// <summary>Computes confidence intervals by the percentile bootstrap.</summary>
internal static class Bootstrap
{
    /// <summary>The number of resamples: with 10,000 the second digit of the interval's ends does not depend on the seed.</summary>
    private const int Resamples = 10_000;

    /// <summary>Returns the confidence interval of the median.</summary>
    public static Interval OfMedian(IReadOnlyList<IReadOnlyList<double>> generations) => Of(generations, Sample.Median);

    /// <summary>Returns the confidence interval of a statistic.</summary>
    /// <param name="generations">Values grouped by the pair of server processes that they were taken from. Two processes of the same
    /// program differ by about one per cent for as long as they live (inlining decisions of the JIT, memory layout). Processes are
    /// therefore drawn first, and values within each of them second.</param>
    /// <param name="statistic">The statistic; a draw is never empty.</param>
    /// <param name="confidence">The confidence level, between 0 and 1.</param>
    /// <param name="seed">The seed of the random numbers; equal seeds give equal intervals.</param>
    /// <exception cref="ArgumentException">There are no values.</exception>
    public static Interval Of<T>(
        IReadOnlyList<IReadOnlyList<T>> generations, Func<IReadOnlyList<T>, double> statistic, double confidence = 0.95,
        int seed = 20_240_229)
    {
        IReadOnlyList<T>[] filled = generations.Where(generation => generation.Count > 0).ToArray();
        if (filled.Length == 0)
        {
            throw new ArgumentException("A confidence interval needs at least one value.", nameof(generations));
        }

        Random random = new Random(seed);
        double[] statistics = new double[Resamples];
        List<T> drawn = new List<T>();
        for (int i = 0; i < Resamples; i++)
        {
            drawn.Clear();
            for (int g = 0; g < filled.Length; g++)
            {
                IReadOnlyList<T> generation = filled[random.Next(filled.Length)];
                for (int v = 0; v < generation.Count; v++)
                {
                    drawn.Add(generation[random.Next(generation.Count)]);
                }
            }

            statistics[i] = statistic(drawn);
        }

        Array.Sort(statistics);
        double tail = (1 - confidence) / 2;
        return new Interval(Sample.Quantile(statistics, tail), Sample.Quantile(statistics, 1 - tail));
    }
}
