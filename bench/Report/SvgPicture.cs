using System.Globalization;
using System.Text;

namespace Bench.Report;

/// <summary>Writes the elements of an SVG picture. Colours are CSS classes of <see cref="ChartStyle"/>.</summary>
internal sealed class SvgPicture(double width, double height)
{
    private readonly StringBuilder _elements = new();

    public double Width { get; } = width;

    public double Height { get; } = height;

    public void Line(double x1, double y1, double x2, double y2, string style) =>
        Add($"<line class=\"{style}\" x1=\"{x1:0.#}\" y1=\"{y1:0.#}\" x2=\"{x2:0.#}\" y2=\"{y2:0.#}\"/>");

    public void Rectangle(double x, double y, double w, double h, string style, double radius = 0) =>
        Add($"<rect class=\"{style}\" x=\"{x:0.#}\" y=\"{y:0.#}\" width=\"{Math.Max(w, 0):0.#}\" height=\"{h:0.#}\" rx=\"{radius:0.#}\"/>");

    public void Polyline(IEnumerable<(double X, double Y)> points, string style) =>
        Add($"<polyline class=\"{style}\" points=\"{string.Join(' ', points.Select(PointOf))}\"/>");

    /// <param name="x">The position of the anchor.</param>
    /// <param name="y">The baseline.</param>
    /// <param name="text">The text.</param>
    /// <param name="style">The CSS class.</param>
    /// <param name="anchor">"start", "middle" or "end".</param>
    public void Text(double x, double y, string text, string style = "label", string anchor = "start") =>
        Add($"<text class=\"{style}\" x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\">{Escape(text)}</text>");

    /// <summary>Draws the marker of a series: its shape tells series apart without colour.</summary>
    public void Marker(double x, double y, int shape, string style)
    {
        FormattableString path = (shape % 5) switch
        {
            0 => $"M{x - 4:0.#} {y:0.#}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
            1 => $"M{x - 3.6:0.#} {y - 3.6:0.#}h7.2v7.2h-7.2z",
            2 => $"M{x:0.#} {y - 5:0.#}l5 5l-5 5l-5 -5z",
            3 => $"M{x:0.#} {y - 4.6:0.#}l4.8 8.4h-9.6z",
            _ => $"M{x:0.#} {y + 4.6:0.#}l4.8 -8.4h-9.6z",
        };
        Add($"<path class=\"marker {style}\" d=\"{FormattableString.Invariant(path)}\"/>");
    }

    /// <summary>Returns the SVG element.</summary>
    /// <param name="title">The accessible name.</param>
    /// <param name="description">The accessible description.</param>
    /// <param name="css">Additional CSS classes.</param>
    /// <param name="styleSheet">The style sheet of a stand-alone file; empty inside a page that contains it.</param>
    public string ToSvg(string title, string description, string css = "", string styleSheet = "")
    {
        string style = styleSheet.Length == 0 ? "" : $"<style>{styleSheet}</style><rect class=\"paper\" width=\"100%\" height=\"100%\"/>";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart {css}\" role=\"img\" viewBox=\"0 0 {Width:0.#} {Height:0.#}\">"
            + $"<title>{Escape(title)}</title><desc>{Escape(description)}</desc>{style}{_elements}</svg>");
    }

    private static string PointOf((double X, double Y) point) => FormattableString.Invariant($"{point.X:0.#},{point.Y:0.#}");

    private static string Escape(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace(">", "&gt;", StringComparison.Ordinal);

    private void Add(FormattableString element) => _elements.Append(FormattableString.Invariant(element)).Append('\n');
}
