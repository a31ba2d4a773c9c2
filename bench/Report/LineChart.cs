using Bench.Results;

namespace Bench.Report;

/// <summary>A chart of lines over a common axis.</summary>
/// <param name="Series">The lines.</param>
/// <param name="X">The horizontal axis.</param>
/// <param name="Y">The vertical axis.</param>
/// <param name="XTitle">The title of the horizontal axis; empty for none.</param>
internal sealed record LineChart(
    string Name, string Title, string Note, FigureTable Table, IReadOnlyList<LineChart.Line> Series, Axis X, Axis Y, string XTitle = "")
    : Chart(Name, Title, Note, Table)
{
    private const double Left = 52, Right = 24, PlotHeight = 220, Row = 20;

    protected override double HeightAt(double width) => PlotHeight + 34 + (XTitle.Length > 0 ? 18 : 0) + Row * LegendRows(width).Count + 10;

    protected override void Draw(SvgPicture picture, double top)
    {
        double width = picture.Width - Left - Right;
        double bottom = top + 8 + PlotHeight;
        foreach ((double value, string label) in Y.Ticks)
        {
            double y = bottom - PlotHeight * Y.At(value);
            picture.Line(Left, y, Left + width, y, "rule");
            picture.Text(Left - 6, y + 4, label, "muted", "end");
        }

        double free = double.NegativeInfinity;
        foreach ((double value, string label) in X.Ticks)
        {
            double x = Left + width * X.At(value);
            double half = ChartStyle.WidthOf(label) / 2;
            if (x - half > free)
            {
                picture.Text(x, bottom + 18, label, "muted", "middle");
                free = x + half + 4;
            }
        }

        if (XTitle.Length > 0)
        {
            picture.Text(Left + width / 2, bottom + 36, XTitle, "muted", "middle");
        }

        foreach (Line line in Series)
        {
            (double X, double Y)[] points =
                line.Points.Select(point => (Left + width * X.At(point.X), bottom - PlotHeight * Y.At(point.Y))).ToArray();
            picture.Polyline(points, $"{line.Style} dash{line.Dash}");
            foreach ((double x, double y) in points)
            {
                picture.Marker(x, y, line.Shape, line.Style);
            }
        }

        DrawLegend(picture, bottom + (XTitle.Length > 0 ? 54 : 36));
    }

    private void DrawLegend(SvgPicture picture, double y)
    {
        foreach (IReadOnlyList<Line> row in LegendRows(picture.Width))
        {
            double x = 12;
            foreach (Line line in row)
            {
                picture.Polyline([(x, y), (x + 24, y)], $"{line.Style} dash{line.Dash}");
                picture.Marker(x + 12, y, line.Shape, line.Style);
                picture.Text(x + 30, y + 4, line.Name);
                x += LegendWidth(line);
            }

            y += Row;
        }
    }

    private List<List<Line>> LegendRows(double width)
    {
        List<List<Line>> rows = [[]];
        double used = 12;
        foreach (Line line in Series)
        {
            if (rows[^1].Count > 0 && used + LegendWidth(line) > width)
            {
                rows.Add([]);
                used = 12;
            }

            rows[^1].Add(line);
            used += LegendWidth(line);
        }

        return rows;
    }

    private static double LegendWidth(Line line) => 30 + ChartStyle.WidthOf(line.Name) + 14;

    /// <param name="Name">The name in the legend.</param>
    /// <param name="Points">The points, ordered by X.</param>
    /// <param name="Style">The CSS class of the colour.</param>
    /// <param name="Shape">The shape of the markers.</param>
    /// <param name="Dash">The dash pattern, 0 for a solid line.</param>
    internal sealed record Line(string Name, IReadOnlyList<(double X, double Y)> Points, string Style, int Shape, int Dash = 0);
}
