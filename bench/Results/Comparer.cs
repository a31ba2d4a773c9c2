using Bench.Plans;
using Bench.Statistics;
using Bench.Works;

namespace Bench.Results;

/// <summary>Compares two series of one work by the rounds that count.</summary>
internal static class Comparer
{
    /// <summary>Makes every comparison that a plan asks for, in the order of its works.</summary>
    public static IReadOnlyList<Comparison> CompareAll(
        Plan plan, IReadOnlyList<Cell> cells, Func<Work, IReadOnlyDictionary<string, double>?> systemCalls) =>
    [
        .. from work in plan.Works
           let measured = cells.Where(cell => cell.Work == work.Name).ToArray()
           from pair in plan.Compared
           where plan.IsComparison || (measured.Any(cell => cell.Key == pair.A) && measured.Any(cell => cell.Key == pair.B))
           from headline in pair.Headlines ?? work.Headlines
           where plan.IsComparison || measured.Any(cell => headline.Read(cell) is not null)
           select Compare(measured, pair, work.Name, headline, plan.Margin) with
           {
               A = plan.Candidates.First(candidate => candidate.Series == pair.A).Name,
               B = plan.Candidates.First(candidate => candidate.Series == pair.B).Name,
               SystemCallsPerRequest = systemCalls(work),
           },
    ];

    /// <summary>Compares series B with series A by one figure.</summary>
    public static Comparison Compare(IReadOnlyList<Cell> cells, ComparedPair compared, string work, Headline headline, double margin)
    {
        Cell[] ofWork = cells.Where(cell => cell.Work == work).ToArray();
        IReadOnlyList<Round> rounds = Round.With(Round.Counted(ofWork), headline.Read);
        (int Generation, Pair Values)[] pairs = rounds
            .Where(round => round.Cells.ContainsKey(compared.A) && round.Cells.ContainsKey(compared.B))
            .Select(round => (round.Generation, headline.Read(round.Cells[compared.A]), headline.Read(round.Cells[compared.B])))
            .Where(pair => pair.Item2 is > 0 && pair.Item3 is > 0)
            .Select(pair => (pair.Generation, new Pair(pair.Item2!.Value, pair.Item3!.Value)))
            .ToArray();
        IReadOnlyList<Pair>[] generations = pairs
            .GroupBy(pair => pair.Generation, pair => pair.Values).Select(generation => (IReadOnlyList<Pair>)[.. generation]).ToArray();
        Outcome outcome = new PairedValues(generations, headline.LowerIsBetter).Judge(margin);

        return new Comparison
        {
            A = compared.A,
            B = compared.B,
            Work = work,
            Metric = headline.Name,
            Unit = headline.Unit,
            LowerIsBetter = headline.LowerIsBetter,
            Verdict = outcome.Verdict,
            Ratio = pairs.Length == 0 ? null : outcome.Ratio,
            Interval = pairs.Length < 2 ? null : outcome.Interval,   // one pair has no spread
            Pairs = pairs.Length,
            MedianOfA = pairs.Length == 0 ? null : Sample.Median(pairs.Select(pair => pair.Values.A)),
            MedianOfB = pairs.Length == 0 ? null : Sample.Median(pairs.Select(pair => pair.Values.B)),
            Refusals =
            [
                .. ofWork.Where(cell => cell.Key == compared.A || cell.Key == compared.B)
                    .Select(cell => (cell.Server, Reason: cell.Refused
                        ?? (headline.Read(cell) is > 0 ? null : $"no {headline.Name} was measured")))
                    .Where(cell => cell.Reason is not null).Select(cell => $"{cell.Server}: {cell.Reason}").Distinct(),
            ],
        };
    }
}
