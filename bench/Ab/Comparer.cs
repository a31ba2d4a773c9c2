using Bench.Results;
using Bench.Statistics;
using Bench.Works;

namespace Bench.Ab;

/// <summary>From cells to a word.</summary>
internal static class Comparer
{
    public static Comparison Compare(
        IReadOnlyList<Cell> cells, Work work, AbPlan plan, IReadOnlyDictionary<string, double>? systemCalls = null)
    {
        Headline headline = work.Headline;
        Cell[] ofWork = cells.Where(cell => cell.Work == work.Name).ToArray();

        // A pair counts when both of its cells do: an attempt that was refused has the same numbers as the one that took its place.
        (int Generation, double A, double B, double? BySlices)[] pairs = ofWork
            .Where(cell => cell.Counts && headline.Read(cell) is > 0)
            .GroupBy(cell => (cell.Generation, cell.Pair))
            .Select(pair => (pair.Key.Generation, A: pair.LastOrDefault(cell => cell.Series == "A"), B: pair.LastOrDefault(cell => cell.Series == "B")))
            .Where(pair => pair.A is not null && pair.B is not null)
            .Select(pair => (
                pair.Generation,
                A: headline.Read(pair.A!)!.Value,
                B: headline.Read(pair.B!)!.Value,
                BySlices: headline == Headline.Cpu ? pair.B!.CpuRatioBySlices : null))
            .ToArray();

        IReadOnlyList<double>[] generations = pairs
            .GroupBy(pair => pair.Generation)
            .Select(generation => (IReadOnlyList<double>)generation.Select(pair => pair.BySlices ?? pair.B / pair.A).ToArray())
            .ToArray();
        Outcome outcome = new PairedRatios(generations, headline.LowerIsBetter).Judge(plan.Margin);

        return new Comparison
        {
            A = plan.A.Name,
            B = plan.B.Name,
            Work = work.Name,
            Metric = headline.Name,
            Unit = headline.Unit,
            Verdict = outcome.Verdict,
            Ratio = pairs.Length == 0 ? null : outcome.Ratio,
            Interval = pairs.Length == 0 ? null : outcome.Interval,
            Pairs = pairs.Length,
            MedianOfA = pairs.Length == 0 ? null : Sample.Median(pairs.Select(pair => pair.A)),
            MedianOfB = pairs.Length == 0 ? null : Sample.Median(pairs.Select(pair => pair.B)),
            SystemCallsPerRequest = systemCalls,
            Refusals = [.. ofWork.Select(cell => (cell.Server, Reason: cell.Refused ?? (headline.Read(cell) is > 0 ? null : $"no {headline.Name} was measured")))
                .Where(cell => cell.Reason is not null).Select(cell => $"{cell.Server}: {cell.Reason}").Distinct()],
        };
    }
}
