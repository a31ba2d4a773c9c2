using System.Globalization;
using Bench.Results;
using Bench.Statistics;

namespace Bench.Files;

/// <summary>
/// What the file servers came to, a table a work: medians over the rounds, and beside them the median of the rounds' ratios to the
/// reference.
/// </summary>
internal static class FilesTables
{
    private static readonly Column[] Columns =
    [
        new("GB/s", "F2", cell => Figure(cell, "gigabytesPerSecond"), Compared: true),
        new("CPU s/GiB", "F3", cell => Figure(cell, "cpuSecondsPerGibibyte"), Compared: true),
        new("requests/s", "N0", cell => cell.RequestsPerSecond),
        new("CPU µs/request", "N0", cell => cell.Latency is null ? null : cell.CpuPerRequest),
        new("p99 ms", "F1", cell => cell.Latency?.P99 / 1000, Compared: true),
        new("beside p50 ms", "F2", cell => Figure(cell, "besideP50Milliseconds")),
        new("beside p99 ms", "F2", cell => Figure(cell, "besideP99Milliseconds")),
        new("cache MiB", "N0", cell => Figure(cell, "pageCacheGrownMebibytes")),
        new("server %", "N0", cell => cell.ServerBusy * 100),
        new("client %", "N0", cell => cell.ClientBusy * 100),
        new("KiB/client", "F1", cell => cell.MemoryPerConnection / 1024, Compared: true),
    ];

    public static FigureTable Of(string title, IReadOnlyList<Cell> cells)
    {
        Cell[] counting = cells.Where(cell => cell.Counts).ToArray();
        Column[] columns = Columns.Where(column => counting.Any(cell => column.Read(cell) is not null)).ToArray();
        return new FigureTable(
            title,
            [FigureTable.Column.Text("server"), .. columns.Select(column => new FigureTable.Column(column.Title)), FigureTable.Column.Text("thrown out")],
            [
                .. cells.GroupBy(cell => cell.Server).Select(server => (IReadOnlyList<string>)[
                    server.Key, .. columns.Select(column => Show(column, counting, server.Key)), string.Join("; ", server.Select(cell => cell.Refused).OfType<string>().Distinct())]),
            ]);
    }

    /// <summary>One of a cell's named figures; null where it has none of that name.</summary>
    public static double? Figure(Cell cell, string name) => cell.Figures is { } figures && figures.TryGetValue(name, out double value) ? value : null;

    private static string Show(Column column, IReadOnlyList<Cell> cells, string server)
    {
        double[] values = cells.Where(cell => cell.Server == server).Select(column.Read).OfType<double>().ToArray();
        if (values.Length == 0)
        {
            return "–";
        }

        string text = Sample.Median(values).ToString(column.Format, CultureInfo.InvariantCulture);
        return column.Compared && RatioToReference(column, cells, server) is { } ratio
            ? string.Create(CultureInfo.InvariantCulture, $"{text} ({ratio:F2} ×)")
            : text;
    }

    private static double? RatioToReference(Column column, IReadOnlyList<Cell> cells, string server)
    {
        if (server == FileServer.Reference)
        {
            return null;
        }

        double[] ratios = cells.Where(cell => cell.Server == server)
            .Join(cells.Where(cell => cell.Server == FileServer.Reference), cell => cell.Pair, cell => cell.Pair, (one, reference) => column.Read(one) / column.Read(reference))
            .OfType<double>().Where(double.IsFinite).ToArray();
        return ratios.Length == 0 ? null : Sample.Median(ratios);
    }

    /// <param name="Title">Its head.</param>
    /// <param name="Format">How a figure is written.</param>
    /// <param name="Read">The figure; null where a cell has none.</param>
    /// <param name="Compared">Whether the ratio to the reference says something.</param>
    private sealed record Column(string Title, string Format, Func<Cell, double?> Read, bool Compared = false);
}
