using System.Globalization;
using Bench.Results;
using Bench.Statistics;

namespace Bench.Report;

/// <summary>Makes the charts of results of <c>bench models</c>.</summary>
internal static class CurveCharts
{
    private static readonly IReadOnlyList<Shape> Shapes =
    [
        new("idle-cost", "CPU time per request beside idle connections", "µs, logarithmic scales, less is better",
            cell => cell.CpuPerRequest, "idle connections"),
        new("reply-rate", "Replies per second against requests offered", "replies per second, logarithmic scales",
            cell => cell.RequestsPerSecond, "requests offered per second"),
        new("trigger", "epoll_ctl calls per request by trigger", "calls, less is better", cell => cell.Named("epollCtlPerRequest")),
        new("accept", "Connections per second by accept strategy", "connections per second with Connection: close, more is better",
            cell => cell.RequestsPerSecond),
        new("rtsig-queue", "Overflows of the signal queue against its limit", "overflows per 1,000 requests, less is better",
            cell => cell.Named("overflowsPerThousand"), "RLIMIT_SIGPENDING"),
    ];

    public static IReadOnlyList<Chart> Of(ResultFile result) =>
    [
        .. from shape in Shapes
           let cells = result.Cells.Where(cell => cell.Counts && cell.Work == shape.Work && shape.Read(cell) is not null).ToArray()
           where cells.Length > 0
           select shape.XTitle is null ? (Chart)Bars(shape, cells) : Lines(shape, cells),
    ];

    private static LineChart Lines(Shape shape, IReadOnlyList<Cell> cells)
    {
        // "epoll, 1,000 idle" has the colour and the marker of epoll and the dash pattern of "1,000 idle".
        string[] servers = cells.Select(cell => cell.Key.Split(", ")[0]).Distinct().ToArray();
        string[] kinds = cells.Select(KindOf).Distinct().ToArray();
        IReadOnlyDictionary<string, string> styles = ChartStyle.ClassesOf(servers.OrderBy(server => server != "epoll"));
        LineChart.Line[] lines = cells.GroupBy(cell => cell.Key).Select(series => new LineChart.Line(
            series.Key,
            [
                .. series.GroupBy(cell => AtOf(cell)).OrderBy(point => point.Key)
                    .Select(point => (point.Key, Sample.Median(point.Select(cell => shape.Read(cell)!.Value)))),
            ],
            styles[series.Key.Split(", ")[0]], Array.IndexOf(servers, series.Key.Split(", ")[0]),
            Array.IndexOf(kinds, KindOf(series.First())) % 3)).ToArray();
        double[] xs = lines.SelectMany(line => line.Points).Select(point => point.X).Distinct().Order().ToArray();
        double[] ys = lines.SelectMany(line => line.Points).Select(point => point.Y).ToArray();
        Axis x = new(xs[0] / 1.15, xs[^1] * 1.15, true,
            [.. xs.Select(value => (value, value == 1 && cells.Any(cell => cell.At == 0) ? "0" : Axis.Short(value)))]);
        return new LineChart(
            shape.Work, shape.Title, shape.Note, Table(shape, lines, xs), lines, x,
            ys.Any(value => value <= 0) ? Axis.Linear(ys) : Axis.Logarithmic(ys), shape.XTitle!);

        static string KindOf(Cell cell) => cell.Key.Contains(", ", StringComparison.Ordinal)
            ? cell.Key[(cell.Key.IndexOf(", ", StringComparison.Ordinal) + 2)..] : "";

        // A logarithmic axis has no 0: no idle connections are drawn at 1 and labelled 0.
        static double AtOf(Cell cell) => Math.Max(1, cell.At ?? 0);
    }

    private static BarChart Bars(Shape shape, IReadOnlyList<Cell> cells)
    {
        (string Name, double Value)[] rows = cells.GroupBy(cell => cell.Key)
            .Select(series => (series.Key, Sample.Median(series.Select(cell => shape.Read(cell)!.Value)))).ToArray();
        return new BarChart(
            shape.Work, shape.Title, shape.Note,
            new FigureTable(
                $"{shape.Title}: {shape.Note}", [FigureTable.Column.Text("server"), new("value")],
                [.. rows.Select(row => (IReadOnlyList<string>)[row.Name, FigureTables.Format(row.Value)])]),
            [new BarChart.Group("",
                [.. rows.Select(row => new BarChart.Bar(row.Name, row.Value, ChartStyle.IsOwn(row.Name) ? "o0" : "g0"))])]);
    }

    private static FigureTable Table(Shape shape, IReadOnlyList<LineChart.Line> lines, IReadOnlyList<double> xs) => new(
        $"{shape.Title}: {shape.Note}",
        [FigureTable.Column.Text("server"),
            .. xs.Select(x => new FigureTable.Column(x == 1 ? "0 or 1" : x.ToString("N0", CultureInfo.InvariantCulture)))],
        [
            .. lines.Select(line => (IReadOnlyList<string>)
            [
                line.Name,
                .. xs.Select(x => line.Points.Any(point => point.X == x) ? FigureTables.Format(line.Points.First(point => point.X == x).Y)
                    : "–"),
            ]),
        ]);

    /// <param name="Work">The work that the chart shows.</param>
    /// <param name="Title">The title.</param>
    /// <param name="Note">The unit and which direction is better.</param>
    /// <param name="Read">Returns the figure of a cell.</param>
    /// <param name="XTitle">The title of the horizontal axis; null for a bar chart.</param>
    private sealed record Shape(string Work, string Title, string Note, Func<Cell, double?> Read, string? XTitle = null);
}
