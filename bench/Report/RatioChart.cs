using System.Globalization;
using Bench.Results;
using Bench.Statistics;

namespace Bench.Report;

/// <summary>
/// A chart of ratios with confidence intervals. The rows have the order of the works, not of the ratios, and differences that may be noise
/// are grey: they are not ranked.
/// </summary>
internal sealed record RatioChart(string Name, string Title, string Note, FigureTable Table, IReadOnlyList<Comparison> Comparisons)
    : Chart(Name, Title, Note, Table)
{
    private const double Row = 40;

    protected override double HeightAt(double width) => Row * Comparisons.Count + 52;

    protected override void Draw(SvgPicture picture, double top)
    {
        double[] ends = [.. Comparisons.SelectMany(one => new[] { one.Interval!.Value.Low, one.Interval.Value.High, one.Ratio!.Value }), 1];
        top += 8;
        Axis axis = Axis.Logarithmic(ends, room: 1.12);
        (double left, double right) = (12, 150);
        double width = picture.Width - left - right;
        double bottom = top + Row * Comparisons.Count + 8;
        double one = left + width * axis.At(1);
        double free = double.NegativeInfinity;
        foreach ((double value, string label) in axis.Ticks)
        {
            double x = left + width * axis.At(value);
            if (x - free > 26 && Math.Abs(x - one) > 22)
            {
                picture.Line(x, top, x, bottom, "rule");
                picture.Text(x, bottom + 16, label, "muted", "middle");
                free = x;
            }
        }

        picture.Line(one, top, one, bottom, "one");
        picture.Text(one, bottom + 16, "1", "label", "middle");

        double y = top + 12;
        foreach (Comparison comparison in Comparisons)
        {
            string style = comparison.Verdict switch { Verdict.Faster => "o0", Verdict.Slower => "worse", _ => "g1" };
            double low = left + width * axis.At(comparison.Interval!.Value.Low),
            high = left + width * axis.At(comparison.Interval.Value.High);
            picture.Text(left, y, $"{comparison.Work}: {comparison.Metric}");
            picture.Rectangle(low, y + 9, Math.Max(2, high - low), 8, $"{style} faint", 4);
            picture.Marker(left + width * axis.At(comparison.Ratio!.Value), y + 13, 0, style);
            picture.Text(picture.Width - right + 10, y + 17, Words(comparison), "value");
            y += Row;
        }
    }

    private static string Words(Comparison comparison)
    {
        string ratio = comparison.Ratio!.Value.ToString("F2", CultureInfo.InvariantCulture);
        return comparison.Verdict switch
        {
            Verdict.Faster => $"{ratio} × · better",
            Verdict.Slower => $"{ratio} × · worse",
            Verdict.NoDifference => "no difference",
            _ => "no verdict",
        };
    }
}
