using Bench.Statistics;

namespace Bench.Results;

/// <summary>The verdicts of a comparison that was made several times.</summary>
/// <param name="Work">The work and the figure that were compared.</param>
/// <param name="Runs">The comparison of each run.</param>
internal sealed record Agreement(string Work, IReadOnlyList<Comparison> Runs)
{
    /// <summary>The most frequent verdict; of equally frequent verdicts the first.</summary>
    public Verdict Verdict => Runs.GroupBy(run => run.Verdict).MaxBy(same => same.Count())!.Key;

    /// <summary>The number of runs with the most frequent verdict.</summary>
    public int Agreeing => Runs.Count(run => run.Verdict == Verdict);

    /// <summary>Whether at least nine in ten runs (of fewer than ten, all) have the same verdict.</summary>
    public bool Holds => Verdict != Verdict.None && 10 * Agreeing >= 9 * Runs.Count;

    /// <summary>Returns one agreement for each work and figure, in the order of the works.</summary>
    public static IReadOnlyList<Agreement> Of(IReadOnlyList<ResultFile> runs) =>
    [
        .. runs.SelectMany(run => run.Comparisons).GroupBy(comparison => $"{comparison.Work}, {comparison.Metric}")
            .Select(same => new Agreement(same.Key, [.. same])),
    ];
}
