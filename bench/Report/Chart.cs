using Bench.Results;

namespace Bench.Report;

/// <summary>A chart and the table of its figures.</summary>
/// <param name="Name">The name of its file.</param>
/// <param name="Title">The title.</param>
/// <param name="Note">The unit, the scale, and which direction is better.</param>
/// <param name="Table">The figures that the chart shows.</param>
internal abstract record Chart(string Name, string Title, string Note, FigureTable Table)
{
    private const double Wide = 720, Narrow = 340;

    /// <summary>Returns the chart for a page: two pictures, of which the style sheet of the page shows the one that fits.</summary>
    public string ToHtml() => Render(Wide, "wide", "") + "\n" + Render(Narrow, "narrow", "");

    /// <summary>Returns the chart as a stand-alone file.</summary>
    public string ToFile() => Render(Wide, "", ChartStyle.Css);

    /// <summary>Returns the height of the chart without its heading.</summary>
    protected abstract double HeightAt(double width);

    /// <summary>Draws the chart below its heading.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="top">The lower end of the heading.</param>
    protected abstract void Draw(SvgPicture picture, double top);

    private string Render(double width, string css, string styleSheet)
    {
        IReadOnlyList<string> title = ChartStyle.Wrap(Title, width - 16, 15);
        IReadOnlyList<string> note = ChartStyle.Wrap(Note, width - 16, 12);
        double top = 14 + 19 * title.Count + 16 * note.Count;
        SvgPicture picture = new SvgPicture(width, top + HeightAt(width));
        double y = 4;
        foreach (string line in title)
        {
            picture.Text(8, y += 19, line, "title");
        }

        foreach (string line in note)
        {
            picture.Text(8, y += 16, line, "muted");
        }

        Draw(picture, top);
        return picture.ToSvg(Title, Note, css, styleSheet);
    }
}
