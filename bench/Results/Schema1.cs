using Bench.Files;
using Bench.Plans;
using Bench.Works;

namespace Bench.Results;

/// <summary>
/// Converts results of schema 1, whose ratios were medians of ratios and did not equal the quotient of the two medians beside them.
/// </summary>
internal static class Schema1
{
    /// <summary>The margin of the results of schema 1, which do not contain it.</summary>
    private const double Margin = 0.03;

    public static ResultFile Convert(ResultFile result)
    {
        if (result.Schema != 1)
        {
            return result;
        }

        result = result with { Schema = ResultFile.CurrentSchema, Cells = [.. result.Cells.Select(cell => Convert(cell, result.Cells))] };
        return result with
        {
            Comparisons = result.Kind == "files" ? CompareFiles(result) : [.. result.Comparisons.Select(one => Convert(one, result.Cells))],
        };
    }

    /// <summary>In a sliced pair, B's CPU time per request is A's, multiplied by the ratio of the slices.</summary>
    private static Cell Convert(Cell cell, IReadOnlyList<Cell> cells)
    {
        if (cell.CpuRatioBySlices is not { } ratio)
        {
            return cell;
        }

        // The cell of A directly precedes or follows the one of B, also where a pair was repeated.
        int index = cells.ToList().IndexOf(cell);
        Cell? a = cells.Take(index).LastOrDefault(
            one => one.Series == "A" && one.Work == cell.Work && one.Generation == cell.Generation && one.Pair == cell.Pair);
        return cell with { CpuPerRequest = a?.CpuPerRequest * ratio, CpuRatioBySlices = null };
    }

    private static Comparison Convert(Comparison comparison, IReadOnlyList<Cell> cells)
    {
        string metric = comparison.Metric == "memory per idle connection" ? Headline.Memory.Name : comparison.Metric;
        Headline? headline = Headline.ByName.Values.FirstOrDefault(one => one.Name == metric);
        return headline is null || cells.All(cell => cell.Work != comparison.Work || headline.Read(cell) is null)
            ? comparison
            : Comparer.Compare(cells, new ComparedPair("A", "B"), comparison.Work, headline, Margin) with
            {
                A = comparison.A,
                B = comparison.B,
                SystemCallsPerRequest = comparison.SystemCallsPerRequest,
            };
    }

    private static IReadOnlyList<Comparison> CompareFiles(ResultFile result) =>
    [
        .. from work in result.Cells.GroupBy(cell => cell.Work)
           from pair in FilesPlan.Compared([.. work.Select(cell => cell.Key).Distinct()])
           from headline in pair.Headlines
               ?? [work.Any(cell => cell.MemoryPerConnection is not null) ? Headline.Memory : Headline.CpuPerGibibyte]
           where work.Any(cell => headline.Read(cell) is not null)
           select Comparer.Compare([.. work], pair, work.Key, headline, Margin),
    ];
}
