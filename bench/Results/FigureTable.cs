using Spectre.Console;

namespace Bench.Results;

/// <summary>A table of figures. The terminal and the HTML page show the same tables.</summary>
/// <param name="Title">The caption.</param>
/// <param name="Columns">The columns; text is aligned left, figures are aligned right.</param>
/// <param name="Rows">The cells as text, row by row.</param>
internal sealed record FigureTable(string Title, IReadOnlyList<FigureTable.Column> Columns, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>Returns the table with the placement of server and load generator in its title.</summary>
    public FigureTable At(string placement) => this with { Title = $"{Title} · {placement}" };

    /// <summary>Writes the table to a terminal; writes nothing when there are no rows.</summary>
    public void Write(IAnsiConsole console)
    {
        if (Rows.Count == 0)
        {
            return;
        }

        Table table = new Table().Border(TableBorder.Rounded).Title(Markup.Escape(Title));
        foreach (Column column in Columns)
        {
            table.AddColumn(new TableColumn(Markup.Escape(column.Head)) { Alignment = column.IsText ? Justify.Left : Justify.Right });
        }

        foreach (IReadOnlyList<string> row in Rows)
        {
            table.AddRow([.. row.Select(Markup.Escape)]);
        }

        console.Write(table);
    }

    internal readonly record struct Column(string Head, bool IsText = false)
    {
        public static Column Text(string head) => new(head, IsText: true);
    }
}
