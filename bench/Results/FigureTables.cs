using System.Globalization;

namespace Bench.Results;

/// <summary>Makes the tables of cells: a row for each series (and each point of a curve), a column for each figure.</summary>
internal static class FigureTables
{
    /// <summary>Returns the tables of a whole result, one for each work; the titles name the placement.</summary>
    public static IEnumerable<FigureTable> Of(ResultFile result, Func<string, string>? describe = null) =>
        result.Cells.GroupBy(cell => cell.Work).Select(work => Of(
            describe?.Invoke(work.Key) ?? work.Key,
            [.. work],
            [.. result.LatencyCells.Where(cell => cell.Work == work.Key)],
            result.Kind == "files" ? ResultFile.ReferenceOfFiles : null,
            result.Comparisons.FirstOrDefault(comparison => comparison.Work == work.Key)?.SystemCallsPerRequest).At(result.Placement));

    /// <summary>Returns the table of one work.</summary>
    /// <param name="title">The caption.</param>
    /// <param name="cells">The cells of the work, accepted and refused.</param>
    /// <param name="undisturbed">Cells that supply figures which the others do not have, such as latencies of sliced pairs.</param>
    /// <param name="reference">The series that ratios refer to; null for no ratios.</param>
    /// <param name="systemCalls">System calls per request by series.</param>
    public static FigureTable Of(
        string title, IReadOnlyList<Cell> cells, IReadOnlyList<Cell>? undisturbed = null, string? reference = null,
        IReadOnlyDictionary<string, double>? systemCalls = null)
    {
        (string Key, double? At)[] rows = cells.Select(cell => (cell.Key, cell.At)).Distinct().ToArray();
        bool hasPoints = rows.Any(row => row.At is not null);
        Dictionary<double, IReadOnlyList<Round>> rounds = cells.GroupBy(cell => cell.At ?? double.NaN)
            .ToDictionary(point => point.Key, point => Round.Counted(point));
        Dictionary<double, IReadOnlyList<Round>> extra = (undisturbed ?? []).GroupBy(cell => cell.At ?? double.NaN).ToDictionary(
            point => point.Key, point => Round.Counted(point));
        Figure[] shown = Figure.All.Where(figure => rows.Any(row => MedianOf(row, figure) is not null)).ToArray();
        bool hasCalls = systemCalls is { Count: > 0 };

        return new FigureTable(
            title,
            [
                FigureTable.Column.Text("server"), .. hasPoints ? [new FigureTable.Column("at")] : Array.Empty<FigureTable.Column>(),
                .. hasCalls ? [new FigureTable.Column("sys. calls")] : Array.Empty<FigureTable.Column>(),
                .. shown.Select(figure => new FigureTable.Column(figure.Title)), FigureTable.Column.Text("refused"),
            ],
            [.. rows.Select(Row)]);

        IReadOnlyList<string> Row((string Key, double? At) row) =>
        [
            NameOf(row.Key),
            .. hasPoints ? [row.At?.ToString("N0", CultureInfo.InvariantCulture) ?? "–"] : Array.Empty<string>(),
            .. hasCalls ? [Format(systemCalls!.TryGetValue(row.Key, out double calls) ? calls : null)] : Array.Empty<string>(),
            .. shown.Select(figure => Show(row, figure)),
            Refusals(cells.Where(cell => cell.Key == row.Key && cell.At == row.At)),
        ];

        // In a comparison of two servers the series are A and B, and the reader wants their names.
        string NameOf(string key) => key is "A" or "B" ? $"{key} = {cells.First(cell => cell.Key == key).Server}" : key;

        double? MedianOf((string Key, double? At) row, Figure figure) =>
            Round.Median(rounds[row.At ?? double.NaN], row.Key, figure.Read)
            ?? (extra.TryGetValue(row.At ?? double.NaN, out IReadOnlyList<Round>? more) ? Round.Median(more, row.Key, figure.Read) : null);

        string Show((string Key, double? At) row, Figure figure)
        {
            double? median = MedianOf(row, figure);
            double? ratio = reference is null || row.Key == reference || !figure.Compared ? null
                : median / MedianOf((reference, row.At), figure);
            return ratio is { } known && double.IsFinite(known)
                ? string.Create(CultureInfo.InvariantCulture, $"{Format(median)} ({known:F2} ×)")
                : Format(median);
        }
    }

    /// <summary>Returns the reasons of refused cells, with the number of cells; reasons that differ in their numbers only are
    /// one.</summary>
    private static string Refusals(IEnumerable<Cell> cells) => string.Join("; ", cells.Select(cell => cell.Refused).OfType<string>()
        .GroupBy(reason => string.Concat(reason.Where(letter => !char.IsAsciiDigit(letter))))
        .Select(same => same.Count() == 1 ? same.First() : $"{same.Count()} cells: {same.First()}"));

    /// <summary>Formats a figure with three significant digits.</summary>
    public static string Format(double? value) => value switch
    {
        null => "–",
        { } number when Math.Abs(number) >= 100 => number.ToString("N0", CultureInfo.InvariantCulture),
        { } number when Math.Abs(number) >= 10 => number.ToString("F1", CultureInfo.InvariantCulture),
        { } number when Math.Abs(number) >= 1 => number.ToString("F2", CultureInfo.InvariantCulture),
        { } number => number.ToString("F3", CultureInfo.InvariantCulture),
    };
}
