using System.Globalization;
using Bench.Results;
using Bench.Statistics;

namespace Bench.Files;

/// <summary>On which side of which size direct reads win: each size, cold and warm, direct beside through the cache. Figures are medians
/// over the rounds, ratios the medians of the rounds' ratios.</summary>
internal static class ThresholdTable
{
    private static readonly Column[] Columns =
    [
        new("CPU s/GiB", "F3", cell => FilesTables.Figure(cell, "cpuSecondsPerGibibyte"), LowerIsBetter: true),
        new("GB/s", "F2", cell => FilesTables.Figure(cell, "gigabytesPerSecond"), LowerIsBetter: false),
        new("p99 ms", "F1", cell => cell.Latency?.P99 / 1000, LowerIsBetter: true),
    ];

    public static FigureTable Of(IReadOnlyList<Cell> cells)
    {
        IEnumerable<IReadOnlyList<string>> rows =
            from work in cells.Where(cell => cell.Work.StartsWith(FileWorks.SizePrefix, StringComparison.Ordinal)).GroupBy(cell => cell.Work)
            from servers in FileServer.Threshold
            let pairs = Pairs(work, servers.Direct, servers.Cached)
            where pairs.Length > 0
            select (IReadOnlyList<string>)[work.Key, servers.Transport, .. Columns.Select(column => Show(column, pairs)), Wins(pairs)];

        return new FigureTable(
            "DirectIoThreshold: direct reads beside the page cache (direct / cache, and the ratio)",
            [
                FigureTable.Column.Text("work"), FigureTable.Column.Text("transport"), .. Columns.Select(column => new FigureTable.Column(column.Title)),
                FigureTable.Column.Text("direct wins in"),
            ],
            [.. rows]);
    }

    private static string Wins((Cell Direct, Cell Cached)[] pairs) =>
        string.Join(", ", Columns.Where(column => RatioOf(column, pairs) is { } ratio && ratio != 1 && ratio < 1 == column.LowerIsBetter).Select(column => column.Title));

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
            double[] known = values.OfType<double>().ToArray();
            return known.Length == 0 ? "–" : Sample.Median(known).ToString(format, CultureInfo.InvariantCulture);
        }
    }

    private static double? RatioOf(Column column, (Cell Direct, Cell Cached)[] pairs)
    {
        double[] ratios = pairs.Select(pair => column.Read(pair.Direct) / column.Read(pair.Cached)).OfType<double>().Where(double.IsFinite).ToArray();
        return ratios.Length == 0 ? null : Sample.Median(ratios);
    }

    /// <param name="Title">Its head.</param>
    /// <param name="Format">How a figure is written.</param>
    /// <param name="Read">The figure; null where a cell has none.</param>
    /// <param name="LowerIsBetter">Whether a ratio below 1 speaks for direct reads.</param>
    private sealed record Column(string Title, string Format, Func<Cell, double?> Read, bool LowerIsBetter);
}
