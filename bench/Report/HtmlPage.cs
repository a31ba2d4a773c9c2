using System.Globalization;
using System.Net;
using System.Text;
using Bench.Results;
using Bench.Servers;

namespace Bench.Report;

/// <summary>Writes results as one self-contained HTML page, which fetches nothing.</summary>
internal static class HtmlPage
{
    private const string Style = """
        :root{color-scheme:light dark;--paper:#fff;--ink:#1f2328;--muted:#59636e;--rule:#d1d9e0;--soft:#f6f8fa;--own:#0860c4;
        --worse:#b35900;
        -webkit-text-size-adjust:100%;text-size-adjust:100%}
        @media(prefers-color-scheme:dark){:root{--paper:#0d1117;--ink:#e6edf3;--muted:#9198a1;--rule:#30363d;--soft:#161b22;--own:#58a6ff;
        --worse:#f0883e}}
        *{box-sizing:border-box}body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:800px;
        margin:0 auto;padding:1rem}
        h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2.5rem}figure{margin:1.5rem 0}svg{display:block;width:100%;height:auto}
        .narrow{display:none}@media(max-width:559px){.wide{display:none}.narrow{display:block}}
        .card{background:var(--soft);border:1px solid var(--rule);border-radius:8px;padding:1rem 1.25rem;margin:1rem 0}
        .card p{margin:0 0 .5rem}
        .card svg{max-width:420px}.number{font-size:3rem;line-height:1.1;font-weight:700;color:var(--own)}.sentence{font-size:1.05rem}
        .scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.875rem;white-space:nowrap;margin:.5rem 0 1rem}
        th,td{padding:.25rem .6rem;border-bottom:1px solid var(--rule);text-align:right}.left{text-align:left}
        caption{text-align:left;white-space:normal;color:var(--muted);padding-bottom:.25rem}code{background:var(--soft);
        overflow-wrap:anywhere}
        .note,details{color:var(--muted);font-size:.875rem}.dirty{color:var(--worse)}summary{cursor:pointer;padding:.5rem 0}
        ul{padding-left:1.2rem;margin:0}
        li{overflow-wrap:anywhere}
        """;

    public static string Make(IReadOnlyList<ResultFile> results)
    {
        StringBuilder page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Load tests of Kestrel transports</title>
            <style>{Style}
            {ChartStyle.Css}</style>
            </head>
            <body>
            <h1>Load tests of Kestrel transports</h1>
            {SummaryCard.Of(results)?.ToHtml()}
            """);
        foreach (ResultFile result in results)
        {
            AppendResult(page, result);
        }

        page.Append("</body>\n</html>\n");
        return page.ToString();
    }

    private static void AppendResult(StringBuilder page, ResultFile result)
    {
        Machine machine = result.Machine;
        string placement = result.Cores == CorePlacement.Shared.Name ? "shared cores: server and load on the same two processors"
            : "split cores: server and load on processors of their own";
        page.Append(CultureInfo.InvariantCulture, $"""
            <section>
            <h2>{Text(Title(result))}</h2>
            <p class="note">{result.Taken:yyyy-MM-dd HH:mm} UTC · {Text(machine.Processor)}, {machine.Processors} processors,
            {Text(machine.MemoryTotal)} · Linux {Text(machine.Kernel)}, {Text(machine.OperatingSystem)} · {Text(machine.Runtime)} ·
            {placement} · commit {Text(result.Commit)}
            {(result.IsDirty ? "<strong class=\"dirty\">with uncommitted changes</strong>" : "")}<br><code>{Text(result.Command)}</code></p>

            """);
        if (result.Goals.Count > 0)
        {
            AppendTable(page, GoalTable.Of(result));
        }

        if (result.Comparisons.Count > 0)
        {
            AppendTable(page, ComparisonTables.Of(result));
        }

        foreach (Chart chart in Charts.Of(result))
        {
            page.Append("<figure>\n").Append(chart.ToHtml()).Append("\n<details><summary>The figures of this chart</summary>\n");
            AppendTable(page, chart.Table);
            page.Append("</details></figure>\n");
        }

        page.Append("<details><summary>All figures</summary>\n");
        foreach (FigureTable table in FigureTables.Of(result))
        {
            AppendTable(page, table);
        }

        page.Append("</details>\n");
        AppendList(page, "Refused cells",
            [.. result.Cells.Concat(result.LatencyCells).Where(cell => !cell.Counts).Select(Refusal).Distinct()]);
        AppendList(page, "Not measured", result.Skipped);
        page.Append("</section>\n");
    }

    private static string Refusal(Cell cell)
    {
        string at = cell.At is { } value ? string.Create(CultureInfo.InvariantCulture, $" at {value:N0}") : "";
        return $"{cell.Work}, {(cell.Series is "A" or "B" ? cell.Server : cell.Key)}{at}: {cell.Refused}";
    }

    private static void AppendTable(StringBuilder page, FigureTable table)
    {
        page.Append(CultureInfo.InvariantCulture,
            $"<div class=\"scroll\" tabindex=\"0\"><table><caption>{Text(table.Title)}</caption>\n<thead><tr>");
        foreach (FigureTable.Column column in table.Columns)
        {
            page.Append(column.IsText ? "<th scope=\"col\" class=\"left\">" : "<th scope=\"col\">").Append(Text(column.Head))
                .Append("</th>");
        }

        page.Append("</tr></thead>\n<tbody>");
        foreach (IReadOnlyList<string> row in table.Rows)
        {
            page.Append("<tr>");
            foreach ((int index, (FigureTable.Column column, string text)) in table.Columns.Zip(row).Index())
            {
                string tag = index == 0 ? "th" : "td";
                page.Append('<').Append(tag).Append(index == 0 ? " scope=\"row\"" : "").Append(column.IsText ? " class=\"left\">" : ">")
                    .Append(Text(text)).Append("</").Append(tag).Append('>');
            }

            page.Append("</tr>\n");
        }

        page.Append("</tbody></table></div>\n");
    }

    private static void AppendList(StringBuilder page, string title, IReadOnlyList<string> items)
    {
        if (items.Count == 0)
        {
            return;
        }

        page.Append(CultureInfo.InvariantCulture, $"<details><summary>{title}: {items.Count}</summary>\n<ul>\n");
        foreach (string item in items)
        {
            page.Append(CultureInfo.InvariantCulture, $"<li>{Text(item)}</li>\n");
        }

        page.Append("</ul></details>\n");
    }

    private static string Title(ResultFile result) => result.Kind switch
    {
        ResultFile.Arena when result.Comparisons.Count > 0 =>
            $"Profiles of the public board: {result.Comparisons[0].B} compared with {result.Comparisons[0].A}",
        ResultFile.Ab when result.Comparisons.Count > 0 => $"{result.Comparisons[0].B} compared with {result.Comparisons[0].A}",
        ResultFile.Ab or ResultFile.Arena => "Comparison",
        "models" => "I/O models",
        _ => "Files",
    };

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
