using System.Globalization;
using Bench.Results;
using Bench.Statistics;

namespace Bench.Report;

/// <summary>Makes the charts of a result.</summary>
internal static class Charts
{
    private static readonly (string Label, Func<Load.LatencySummary, double> Read)[] Percentiles =
        [("p50", latency => latency.P50), ("p90", latency => latency.P90), ("p99", latency => latency.P99),
            ("p99.9", latency => latency.P999), ("max", latency => latency.Max)];

    /// <summary>Returns the charts of a result; their titles name the placement.</summary>
    public static IReadOnlyList<Chart> Of(ResultFile result)
    {
        IEnumerable<Chart> charts = result.Kind switch
        {
            ResultFile.Ab or ResultFile.Arena => [.. Ratios(result), .. Latencies(result)],
            "models" => CurveCharts.Of(result),
            _ => [.. Ratios(result), .. FileCharts.Of(result)],
        };
        return [.. charts.Select(chart => chart with
        {
            Title = $"{chart.Title} · {result.Placement}",
            Table = chart.Table.At(result.Placement),
        })];
    }

    /// <summary>The ratios of a result; comparisons with too few pairs for a verdict are left out.</summary>
    public static IEnumerable<Chart> Ratios(ResultFile result)
    {
        IEnumerable<IGrouping<(string A, string B), Comparison>> groups = result.Comparisons
            .Where(comparison => comparison.Ratio is not null && comparison.Interval is not null
                && comparison.Pairs >= PairedValues.MinimumPairs)
            .GroupBy(comparison => (comparison.A, comparison.B));
        foreach ((int index, IGrouping<(string A, string B), Comparison> group) in groups.Index())
        {
            yield return new RatioChart(
                index == 0 ? "ratios" : $"ratios-{index + 1}", $"{group.Key.B} compared with {group.Key.A}", DirectionOf([.. group]),
                ComparisonTables.Of([.. group]), [.. group]);
        }
    }

    private static string DirectionOf(IReadOnlyList<Comparison> comparisons)
    {
        string direction = comparisons.All(one => one.LowerIsBetter)
            ? "less than 1 is better"
            : "for costs and latencies less than 1 is better, for requests per second and throughput more";
        return $"{comparisons[0].B} ÷ {comparisons[0].A}, ratio of the medians and 95 % interval; {direction}";
    }

    private static IEnumerable<Chart> Latencies(ResultFile result) =>
        from work in result.LatencyCells.Concat(result.Cells).Where(cell => cell.Counts && cell.Latency is not null)
            .GroupBy(cell => cell.Work)
        select LatencyOf(work.Key, [.. work]);

    private static LineChart LatencyOf(string work, IReadOnlyList<Cell> cells)
    {
        IGrouping<string, Cell>[] sides = cells.GroupBy(cell => cell.Key).OrderBy(side => side.Key, StringComparer.Ordinal).ToArray();
        IReadOnlyDictionary<string, string> styles = ChartStyle.ClassesOf(sides.Select(side => side.First().Server));
        (string Name, double[] Values, string Style)[] lines =
        [
            .. sides.Select(side => (
                side.Key is "A" or "B" ? $"{side.Key} = {side.First().Server}" : side.Key,
                Percentiles.Select(one => Sample.Median(side.Select(cell => one.Read(cell.Latency!))) / 1000).ToArray(),
                styles[side.First().Server])),
        ];
        return new LineChart(
            $"latency-{work}", $"Latency: {work}", "milliseconds, logarithmic scale, less is better; medians over the windows",
            new FigureTable(
                $"Latency of {work}, ms", [FigureTable.Column.Text("server"),
                .. Percentiles.Select(one => new FigureTable.Column(one.Label))],
                [.. lines.Select(line => (IReadOnlyList<string>)[line.Name,
                    .. line.Values.Select(value => value.ToString("G3", CultureInfo.InvariantCulture))])]),
            [
                .. lines.Select((line, index) => new LineChart.Line(
                    line.Name, [.. line.Values.Select((value, at) => ((double)at, value))], line.Style, index, index == 0 ? 1 : 0)),
            ],
            Axis.Categories([.. Percentiles.Select(one => one.Label)]),
            Axis.Logarithmic([.. lines.SelectMany(line => line.Values).Where(value => value > 0)]));
    }
}
