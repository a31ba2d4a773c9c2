using System.Text.RegularExpressions;
using Bench.Files;
using Bench.Results;

namespace Bench.Report;

/// <summary>Makes the charts of results of <c>bench files</c>.</summary>
internal static partial class FileCharts
{
    private static readonly IReadOnlyList<(string Name, string Title, string Note, Func<Cell, double?> Read)> Figures =
    [
        ("throughput", "Throughput", "GB/s, more is better", cell => cell.Named("gigabytesPerSecond")),
        ("cpu", "CPU time", "seconds per GiB, less is better", cell => cell.Named("cpuSecondsPerGibibyte")),
        ("small", "p99 of small requests on the same server meanwhile", "ms, less is better", cell => cell.Named("besideP99Milliseconds")),
        ("stalled", "Memory of a client that receives nothing", "KiB, less is better", cell => cell.MemoryPerConnection / 1024),
    ];

    private static readonly IReadOnlyList<(string Name, string Title, string Note, Func<Cell, double?> Read)> SizeFigures =
    [
        ("size-cpu", "CPU time by file size", "seconds per GiB, logarithmic scale, less is better",
            cell => cell.Named("cpuSecondsPerGibibyte")),
        ("size-throughput", "Throughput by file size", "GB/s, logarithmic scale, more is better", cell => cell.Named("gigabytesPerSecond")),
        ("size-p99", "p99 of a complete file by its size", "ms, logarithmic scale, less is better", cell => cell.Latency?.P99 / 1000),
    ];

    private static readonly string[] States = ["cold", "warm"];

    public static IReadOnlyList<Chart> Of(ResultFile result)
    {
        IGrouping<string, Cell>[] works = result.Cells.Where(cell => !IsOfSize(cell.Work)).GroupBy(cell => cell.Work).ToArray();
        Cell[] sizes = result.Cells.Where(cell => IsOfSize(cell.Work)).ToArray();
        return
        [
            .. Figures.Select(figure => Bars(figure, works)).OfType<Chart>(),
            .. from state in States
               from figure in SizeFigures
               let chart = Lines(state, figure, [.. sizes.Where(cell => cell.Work.EndsWith(state, StringComparison.Ordinal))])
               where chart is not null
               select chart,
        ];
    }

    private static BarChart? Bars((string Name, string Title, string Note, Func<Cell, double?> Read) figure,
        IGrouping<string, Cell>[] works)
    {
        List<BarChart.Group> groups = new List<BarChart.Group>();
        foreach (IGrouping<string, Cell> work in works)
        {
            IReadOnlyList<Round> rounds = Round.Counted(work);
            (string Server, double? Value)[] bars = work.Select(cell => cell.Key).Distinct()
                .Select(server => (server, Round.Median(rounds, server, figure.Read))).Where(bar => bar.Item2 is not null).ToArray();
            if (bars.Length > 0)
            {
                groups.Add(new BarChart.Group(
                    work.Key,
                    [.. bars.Select(bar => new BarChart.Bar(bar.Server, bar.Value!.Value, ChartStyle.IsOwn(bar.Server) ? "o0" : "g0"))]));
            }
        }

        return groups.Count == 0 ? null : new BarChart(
            figure.Name, figure.Title, $"{figure.Note}; each work has its own scale",
            new FigureTable(
                $"{figure.Title}, {figure.Note}", [FigureTable.Column.Text("work"), FigureTable.Column.Text("server"), new("value")],
                [.. groups.SelectMany(group =>
                    group.Bars.Select(bar => (IReadOnlyList<string>)[group.Heading, bar.Label, FigureTables.Format(bar.Value)]))]),
            groups);
    }

    private static LineChart? Lines(string state, (string Name, string Title, string Note, Func<Cell, double?> Read) figure,
        IReadOnlyList<Cell> cells)
    {
        string[] works = cells.Select(cell => cell.Work).Distinct().OrderBy(KibibytesOf).ToArray();
        string[] labels = [.. works.Select(work => KibibytesOf(work) is var size && size < 1024 ? $"{size} KiB" : $"{size / 1024} MiB")];
        string[] servers = cells.Select(cell => cell.Key).Distinct().ToArray();
        IReadOnlyDictionary<string, string> styles = ChartStyle.ClassesOf(servers);
        LineChart.Line[] lines = servers.Select((server, index) => new LineChart.Line(
            server,
            [
                .. works.Select((work, at) =>
                    ((double)at, Value: Round.Median(Round.Counted(cells.Where(cell => cell.Work == work)), server, figure.Read)))
                    .Where(point => point.Value is > 0).Select(point => (point.Item1, point.Value!.Value)),
            ],
            styles[server], index, server.Contains("none", StringComparison.Ordinal) ? 1 : 0)).Where(line => line.Points.Count > 0)
                .ToArray();
        return lines.Length == 0 ? null : new LineChart(
            $"{figure.Name}-{state}", $"{figure.Title}, {state}", figure.Note,
            new FigureTable(
                $"{figure.Title}, {state}: {figure.Note}",
                [FigureTable.Column.Text("server"), .. labels.Select(label => new FigureTable.Column(label))],
                [
                    .. lines.Select(line => (IReadOnlyList<string>)
                    [
                        line.Name,
                        .. works.Select((_, at) => line.Points.Any(point => point.X == at)
                            ? FigureTables.Format(line.Points.First(point => point.X == at).Y) : "–"),
                    ]),
                ]),
            lines, Axis.Categories(labels), Axis.Logarithmic([.. lines.SelectMany(line => line.Points).Select(point => point.Y)]));
    }

    private static bool IsOfSize(string work) => work.StartsWith(FileWorks.SizePrefix, StringComparison.Ordinal);

    private static long KibibytesOf(string work)
    {
        Match match = Size().Match(work);
        return long.Parse(match.Groups[1].Value,
            System.Globalization.CultureInfo.InvariantCulture) * (match.Groups[2].Value == "m" ? 1024 : 1);
    }

    [GeneratedRegex(@"^size-(\d+)([km])-")]
    private static partial Regex Size();
}
