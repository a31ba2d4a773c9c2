using System.Globalization;
using Bench.Results;
using Bench.Statistics;
using Spectre.Console;

namespace Bench.Files;

/// <summary>On which side of which size direct reads win: each size, cold and warm, direct beside through the cache. Figures are medians over the rounds, ratios
/// the medians of the rounds' ratios.</summary>
internal static class ThresholdTable
{
    private static readonly Column[] Columns =
    [
        new("CPU s/GiB", "F3", cell => FilesTables.Figure(cell, "cpuSecondsPerGibibyte"), LowerIsBetter: true),
        new("GB/s", "F2", cell => FilesTables.Figure(cell, "gigabytesPerSecond"), LowerIsBetter: false),
        new("p99 ms", "F1", cell => cell.Latency?.P99 / 1000, LowerIsBetter: true),
    ];

    public static void Write(IAnsiConsole console, IReadOnlyList<Cell> cells)
    {
        var table = new Table().Border(TableBorder.Rounded).Title("DirectIoThreshold: direct reads beside the page cache (direct / cache, and the ratio)");
        table.AddColumn("work");
        table.AddColumn("transport");
        foreach (var column in Columns)
            table.AddColumn(new TableColumn(column.Title).RightAligned());
        table.AddColumn("direct wins in");

        var rows = 0;
        foreach (var work in cells.Where(cell => cell.Work.StartsWith(FileWorks.SizePrefix, StringComparison.Ordinal)).GroupBy(cell => cell.Work))
        {
            foreach (var (transport, direct, cached) in FileServer.Threshold)
            {
                var pairs = Pairs(work, direct, cached);
                if (pairs.Length == 0)
                    continue;

                table.AddRow([
                    work.Key, transport, .. Columns.Select(column => Show(column, pairs)),
                    string.Join(", ", Columns.Where(column => RatioOf(column, pairs) is { } ratio && ratio != 1 && ratio < 1 == column.LowerIsBetter).Select(column => column.Title))]);
                rows++;
            }
        }

        if (rows > 0)
            console.Write(table);
    }

    /// <summary>Cells of the same round that both count.</summary>
    private static (Cell Direct, Cell Cached)[] Pairs(IEnumerable<Cell> cells, string direct, string cached) =>
    [
        .. cells.Where(cell => cell.Counts && cell.Server == direct)
            .Join(cells.Where(cell => cell.Counts && cell.Server == cached), cell => cell.Pair, cell => cell.Pair, (one, other) => (one, other)),
    ];

    private static string Show(Column column, (Cell Direct, Cell Cached)[] pairs)
    {
        return $"{Middle(pairs.Select(pair => column.Read(pair.Direct)), column.Format)} / {Middle(pairs.Select(pair => column.Read(pair.Cached)), column.Format)}"
            + (RatioOf(column, pairs) is { } ratio ? string.Create(CultureInfo.InvariantCulture, $" ({ratio:F2} ×)") : "");

        static string Middle(IEnumerable<double?> values, string format)
        {
            var known = values.OfType<double>().ToArray();
            return known.Length == 0 ? "–" : Sample.Median(known).ToString(format, CultureInfo.InvariantCulture);
        }
    }

    private static double? RatioOf(Column column, (Cell Direct, Cell Cached)[] pairs)
    {
        var ratios = pairs.Select(pair => column.Read(pair.Direct) / column.Read(pair.Cached)).OfType<double>().Where(double.IsFinite).ToArray();
        return ratios.Length == 0 ? null : Sample.Median(ratios);
    }

    /// <param name="Title">Its head.</param>
    /// <param name="Format">How a figure is written.</param>
    /// <param name="Read">The figure; null where a cell has none.</param>
    /// <param name="LowerIsBetter">Whether a ratio below 1 speaks for direct reads.</param>
    private sealed record Column(string Title, string Format, Func<Cell, double?> Read, bool LowerIsBetter);
}
