using Bench.Results;
using Bench.Statistics;

namespace Bench.Ab;

/// <summary>Whether a comparison says the same when it is made again and again.</summary>
/// <param name="Work">What was compared at.</param>
/// <param name="Runs">The same comparison, once a run.</param>
internal sealed record Agreement(string Work, IReadOnlyList<Comparison> Runs)
{
    /// <summary>What most runs say; the earliest of those that are said equally often.</summary>
    public Verdict Word => Runs.GroupBy(run => run.Verdict).MaxBy(same => same.Count())!.Key;

    /// <summary>Runs that say it.</summary>
    public int Agreeing => Runs.Count(run => run.Verdict == Word);

    /// <summary>Nine in ten say the same, or of fewer than ten all; and it is a word.</summary>
    public bool Holds => Word != Verdict.None && 10 * Agreeing >= 9 * Runs.Count;

    /// <summary>One for every work, in the works' order.</summary>
    public static IReadOnlyList<Agreement> Of(IReadOnlyList<ResultFile> runs) =>
        [.. runs.SelectMany(run => run.Comparisons).GroupBy(comparison => comparison.Work).Select(same => new Agreement(same.Key, [.. same]))];
}
