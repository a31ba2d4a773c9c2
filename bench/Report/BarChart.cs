using Bench.Results;

namespace Bench.Report;

/// <summary>A chart of horizontal bars in groups.</summary>
/// <param name="Groups">The groups, each with its heading (empty for none) and its bars.</param>
internal sealed record BarChart(
    string Name, string Title, string Note, FigureTable Table, IReadOnlyList<BarChart.Group> Groups) : Chart(Name, Title, Note, Table)
{
    private const double Row = 20, Heading = 24;

    protected override double HeightAt(double width) =>
        Groups.Sum(group => (group.Heading.Length > 0 ? Heading : 6) + Row * group.Bars.Count) + 12;

    protected override void Draw(SvgPicture picture, double top)
    {
        double longest = Groups.SelectMany(group => group.Bars).Max(bar => ChartStyle.WidthOf(bar.Label));
        double left = Math.Min(longest + 14, picture.Width * 0.55);
        double width = picture.Width - left - 56;
        double y = top;
        foreach (Group group in Groups)
        {
            // Groups have different magnitudes (8 KiB files and 1 GiB files), so each group has a scale of its own.
            double max = Math.Max(group.Bars.Max(bar => bar.Value), 1e-9);
            y += group.Heading.Length > 0 ? Heading : 6;
            if (group.Heading.Length > 0)
            {
                picture.Text(8, y - 6, group.Heading, "muted");
            }

            foreach (Bar bar in group.Bars)
            {
                double length = width * Math.Max(0, bar.Value) / max;
                picture.Text(left - 6, y + 13, Shorten(bar.Label, left), "value", "end");
                picture.Rectangle(left, y + 3, length, Row - 6, bar.Style, 2);
                picture.Text(left + length + 6, y + 13, Axis.Short(bar.Value), "value");
                y += Row;
            }
        }
    }

    private static string Shorten(string label, double width)
    {
        int letters = (int)((width - 12) / ChartStyle.WidthOf("x", 11));
        return label.Length <= letters ? label : "…" + label[^Math.Max(1, letters - 1)..];
    }

    internal sealed record Group(string Heading, IReadOnlyList<Bar> Bars);

    internal sealed record Bar(string Label, double Value, string Style);
}
