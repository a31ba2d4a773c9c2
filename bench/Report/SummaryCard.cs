using System.Globalization;
using System.Net;
using Bench.Results;
using Bench.Statistics;

namespace Bench.Report;

/// <summary>The first thing on the page: one sentence, one number, one picture.</summary>
/// <param name="Sentence">The sentence.</param>
/// <param name="Number">The number.</param>
/// <param name="Picture">The picture as SVG.</param>
internal sealed record SummaryCard(string Sentence, string Number, string Picture)
{
    /// <summary>Summarises the first comparison with a verdict; returns null when there is none.</summary>
    public static SummaryCard? Of(IReadOnlyList<ResultFile> results)
    {
        (ResultFile Result, Comparison One) found = results.OrderBy(result => result.Kind != "ab")
            .SelectMany(result => result.Comparisons.Select(one => (result, one)))
            .FirstOrDefault(one => one.one.Verdict != Verdict.None && one.one.MedianOfA is not null && one.one.MedianOfB is not null);
        return found.One is not { } comparison ? null : new SummaryCard(
            SentenceOf(comparison, found.Result.Placement), NumberOf(comparison), PictureOf(comparison, found.Result.Placement));
    }

    public string ToHtml() => $"""
        <section class="card" aria-label="Summary">
        <p class="number">{WebUtility.HtmlEncode(Number)}</p>
        <p class="sentence">{WebUtility.HtmlEncode(Sentence)}</p>
        {Picture}
        </section>

        """;

    private static string SentenceOf(Comparison comparison, string placement)
    {
        string interval = string.Create(
            CultureInfo.InvariantCulture,
            $"95 % interval {comparison.Interval!.Value.Low:F2} to {comparison.Interval.Value.High:F2} times");
        string metric = char.ToLowerInvariant(comparison.Metric[0]) == 'c' ? comparison.Metric.Replace("CPU", "CPU time")
            : comparison.Metric;
        return comparison.Verdict == Verdict.NoDifference
            ? $"There is no difference between {comparison.B} and {comparison.A} in {metric} at {comparison.Work}, {placement} "
                + $"({interval})."
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{comparison.B} has {comparison.Ratio:F2} times the {metric} of {comparison.A} at {comparison.Work}, {placement} ")
                + $"({interval}).";
    }

    private static string NumberOf(Comparison comparison) => comparison.Verdict == Verdict.NoDifference
        ? "±0"
        : string.Create(CultureInfo.InvariantCulture,
            $"{(comparison.Ratio < 1 ? "−" : "+")}{Math.Abs(comparison.Ratio!.Value - 1) * 100:F0} %");

    private static string PictureOf(Comparison comparison, string placement)
    {
        SvgPicture picture = new SvgPicture(330, 84);
        double max = Math.Max(comparison.MedianOfA!.Value, comparison.MedianOfB!.Value);
        string unit = comparison.Unit.Length > 0 ? $" {comparison.Unit}" : "";
        Draw(6, comparison.A, comparison.MedianOfA.Value, ChartStyle.IsOwn(comparison.A) ? "o2" : "g1");
        Draw(46, comparison.B, comparison.MedianOfB.Value, ChartStyle.IsOwn(comparison.B) ? "o0" : "g0");
        return picture.ToSvg($"{comparison.Metric} at {comparison.Work} · {placement}", $"{comparison.A} and {comparison.B} as bars");

        void Draw(double y, string name, double value, string style)
        {
            picture.Text(0, y + 10, $"{name}: {FigureTables.Format(value)}{unit}");
            picture.Rectangle(0, y + 15, 326 * value / max, 14, style, 3);
        }
    }
}
