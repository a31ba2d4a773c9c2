using Bench.Statistics;

namespace Bench.Results;

/// <summary>The cells of one work that were measured in the same round, one for each series.</summary>
/// <param name="Generation">The set of processes that they were taken from.</param>
/// <param name="Cells">The accepted cell of each series.</param>
internal sealed record Round(int Generation, IReadOnlyDictionary<string, Cell> Cells)
{
    /// <summary>
    /// Returns the rounds of one work that count: those in which every series was accepted. A series without a single accepted cell is
    /// left out. Where a round was repeated, the last attempt counts.
    /// </summary>
    public static IReadOnlyList<Round> Counted(IEnumerable<Cell> cells)
    {
        Cell[] accepted = cells.Where(cell => cell.Counts).ToArray();
        string[] series = accepted.Select(cell => cell.Key).Distinct().ToArray();
        return
        [
            .. accepted.GroupBy(cell => (cell.Generation, cell.Pair))
                .Select(round => new Round(round.Key.Generation, round.GroupBy(cell => cell.Key)
                    .ToDictionary(same => same.Key, same => same.Last())))
                .Where(round => series.All(round.Cells.ContainsKey)),
        ];
    }

    /// <summary>
    /// Returns the rounds in which every series that has a figure at all has it. Tables and comparisons use the same rounds, so that a
    /// ratio equals the quotient of the two medians beside it.
    /// </summary>
    public static IReadOnlyList<Round> With(IReadOnlyList<Round> rounds, Func<Cell, double?> read)
    {
        string[] series = rounds.SelectMany(round => round.Cells).Where(cell => read(cell.Value) is > 0).Select(cell => cell.Key)
            .Distinct().ToArray();
        return [.. rounds.Where(round => series.Length > 0 && series.All(one => read(round.Cells[one]) is > 0))];
    }

    /// <summary>Returns the median of a figure of one series over the rounds that count for it; null when there is none.</summary>
    public static double? Median(IReadOnlyList<Round> rounds, string series, Func<Cell, double?> read)
    {
        // A figure may be 0 or negative (growth of the page cache): then no ratio is made of it, and every round that has it counts.
        IReadOnlyList<Round> counted = With(rounds, read);
        double[] values = (counted.Count > 0 ? counted : rounds)
            .Select(round => round.Cells.TryGetValue(series, out Cell? cell) ? read(cell) : null).OfType<double>().ToArray();
        return values.Length == 0 ? null : Sample.Median(values);
    }
}
