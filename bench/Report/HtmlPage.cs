using System.Globalization;
using System.Net;
using System.Text;
using Bench.Ab;
using Bench.Files;
using Bench.Models;
using Bench.Results;

namespace Bench.Report;

/// <summary>One page that holds everything, pictures too: it needs no network and can be sent by mail.</summary>
internal static class HtmlPage
{
    private const string Style = """
        :root { color-scheme: light; -webkit-text-size-adjust: 100%; text-size-adjust: 100% }
        body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 760px; margin: 0 auto; padding: 1rem }
        h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin-top: 2.5rem } svg { display: block; width: 100%; height: auto; margin: 1rem 0 }
        .narrow { display: none } @media (max-width: 559px) { .broad { display: none } .narrow { display: block } }
        .wide { overflow-x: auto } table { border-collapse: collapse; font-size: .875rem; white-space: nowrap; margin-bottom: 1rem }
        th, td { padding: .25rem .6rem; border-bottom: 1px solid #ddd; text-align: right } .left { text-align: left } th:first-child, td:first-child { padding-left: 0 }
        caption { text-align: left; white-space: normal; color: #555; padding-bottom: .25rem }
        code { background: #f2f2f2; overflow-wrap: anywhere } .Faster { color: #00694b } .Slower { color: #a84900 } .note, details { color: #555; font-size: .875rem }
        summary { cursor: pointer; padding: .5rem 0 } ul { padding-left: 1.2rem; margin: 0 }
        """;

    /// <param name="results">Each result and the SVG text of its pictures.</param>
    public static string Make(IReadOnlyList<(ResultFile Result, IReadOnlyList<string> Pictures)> results)
    {
        StringBuilder page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Load tests of Kestrel transports</title>
            <style>{Style}</style>
            </head>
            <body>
            <h1>Load tests of Kestrel transports</h1>

            """);
        foreach ((ResultFile? result, IReadOnlyList<string>? pictures) in results)
        {
            AppendResult(page, result, pictures);
        }

        page.Append("</body>\n</html>\n");
        return page.ToString();
    }

    private static void AppendResult(StringBuilder page, ResultFile result, IReadOnlyList<string> pictures)
    {
        Machine machine = result.Machine;
        page.Append(CultureInfo.InvariantCulture, $"""
            <section id="{Text(result.Kind)}">
            <h2>{Text(Title(result))}</h2>
            <p class="note">{result.Taken:yyyy-MM-dd HH:mm} UTC · {Text(machine.Processor)}, {machine.Processors} processors, {Text(machine.MemoryTotal)} · Linux {Text(machine.Kernel)}, {Text(machine.OperatingSystem)} ·
            {Text(machine.Runtime)} · commit {Text(result.Commit)}<br><code>{Text(result.Command)}</code></p>

            """);
        if (result.Comparisons.Count > 0)
        {
            AppendComparisons(page, result.Comparisons);
        }

        foreach (string picture in pictures)
        {
            page.Append(picture).Append('\n');
        }

        AppendTables(page, result);

        string[] refused = result.Cells.Concat(result.LatencyCells).Where(cell => !cell.Counts)
            .Select(cell => $"{cell.Work}, {cell.Series ?? cell.Server}{(cell.At is { } at ? string.Create(CultureInfo.InvariantCulture, $" at {at:N0}") : "")}: {cell.Refused}")
            .Distinct().ToArray();
        AppendList(page, "Thrown out", refused);
        AppendList(page, "Not measured", result.Skipped);
        page.Append("</section>\n");
    }

    private static void AppendComparisons(StringBuilder page, IReadOnlyList<Comparison> comparisons)
    {
        page.Append("<div class=\"wide\"><table><tr><th class=\"left\">work<th class=\"left\">verdict<th>B ÷ A<th>95 % interval<th>A<th>B<th class=\"left\">judged by<th>pairs</tr>\n");
        foreach (Comparison comparison in comparisons)
        {
            page.Append(CultureInfo.InvariantCulture, $"""
                <tr><td class="left">{Text(comparison.Work)}<td class="left {comparison.Verdict}">{Text(AbTables.Word(comparison))}<td>{comparison.Ratio:F3}
                <td>{comparison.Interval?.Low:F3} … {comparison.Interval?.High:F3}<td>{comparison.MedianOfA:N1}<td>{comparison.MedianOfB:N1}
                <td class="left">{Text(comparison.Metric)}{(comparison.Unit.Length > 0 ? $", {Text(comparison.Unit)}" : "")}<td>{comparison.Pairs}</tr>

                """);
        }

        page.Append("</table></div>\n");
    }

    /// <summary>The figures behind the pictures, opened by whoever wants them.</summary>
    private static void AppendTables(StringBuilder page, ResultFile result)
    {
        FigureTable[] tables = Tables(result).Where(table => table.Rows.Count > 0).ToArray();
        if (tables.Length == 0)
        {
            return;
        }

        page.Append("<details><summary>The figures</summary>\n");
        foreach (FigureTable? table in tables)
        {
            page.Append(CultureInfo.InvariantCulture, $"<div class=\"wide\"><table><caption>{Text(table.Title)}</caption><tr>");
            foreach (FigureTable.Column column in table.Columns)
            {
                page.Append(column.IsText ? "<th class=\"left\">" : "<th>").Append(Text(column.Head));
            }

            page.Append("</tr>\n");
            foreach (IReadOnlyList<string> row in table.Rows)
            {
                page.Append("<tr>");
                foreach ((FigureTable.Column column, string? text) in table.Columns.Zip(row))
                {
                    page.Append(column.IsText ? "<td class=\"left\">" : "<td>").Append(Text(text));
                }

                page.Append("</tr>\n");
            }

            page.Append("</table></div>\n");
        }

        page.Append("</details>\n");
    }

    private static IEnumerable<FigureTable> Tables(ResultFile result) => result.Kind switch
    {
        "ab" => [AbTables.Details(result)],
        "models" => result.Cells.GroupBy(cell => cell.Work).Select(curve => ModelsTables.Of(curve.Key, curve)),
        _ => result.Cells.GroupBy(cell => cell.Work).Select(work => FilesTables.Of(work.Key, [.. work])).Prepend(ThresholdTable.Of(result.Cells)),
    };

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
        "ab" when result.Comparisons.Count > 0 => $"{result.Comparisons[0].B} against {result.Comparisons[0].A}",
        "models" => "The I/O models side by side",
        "files" => "Files",
        _ => result.Kind,
    };

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
