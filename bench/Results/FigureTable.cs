using Spectre.Console;

namespace Bench.Results;

/// <summary>A table of figures, for the terminal and for the page.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Columns">Heads; what is text stands on the left, what is a figure on the right.</param>
/// <param name="Rows">As they are shown.</param>
internal sealed record FigureTable(string Title, IReadOnlyList<FigureTable.Column> Columns, IReadOnlyList<IReadOnlyList<string>> Rows)
{
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
