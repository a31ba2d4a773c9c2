using System.Globalization;
using Bench.Results;

namespace Bench.Models;

/// <summary>The points of the curves.</summary>
internal static class ModelsTables
{
    private static readonly FigureTable.Column[] Columns =
        [FigureTable.Column.Text("server"), new("at"), new("CPU µs"), new("per second"), new("p99 µs"), FigureTable.Column.Text(""), FigureTable.Column.Text("thrown out")];

    public static FigureTable Of(string work, IEnumerable<Cell> cells) => new(work, Columns, [.. cells.Select(Row)]);

    private static IReadOnlyList<string> Row(Cell cell) =>
    [
        cell.Series ?? cell.Server, Number(cell.At, "N0"), Number(cell.CpuPerRequest, "F1"), Number(cell.RequestsPerSecond, "N0"), Number(cell.Latency?.P99, "N0"),
        string.Join(", ", (cell.Figures ?? new Dictionary<string, double>()).Select(figure => string.Create(CultureInfo.InvariantCulture, $"{figure.Key} {figure.Value:F3}"))),
        cell.Refused ?? "",
    ];

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "–";
}
