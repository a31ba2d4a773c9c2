using System.Globalization;
using System.Net;
using System.Text;
using Bench.Ab;
using Bench.Results;

namespace Bench.Report;

/// <summary>One page that holds everything, pictures too: it needs no network and can be sent by mail.</summary>
internal static class HtmlPage
{
    private const string Style = """
        :root { color-scheme: light; } body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 760px; margin: 0 auto; padding: 1rem }
        h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin-top: 2.5rem } svg { display: block; width: 100%; height: auto; margin: 1rem 0 }
        .wide { overflow-x: auto } table { border-collapse: collapse; font-size: .875rem; white-space: nowrap } th, td { padding: .25rem .6rem; border-bottom: 1px solid #ddd; text-align: right }
        th:first-child, td:first-child, .left { text-align: left } code { background: #f2f2f2; overflow-wrap: anywhere } .Faster { color: #00694b } .Slower { color: #a84900 } .note { color: #666; font-size: .875rem }
        """;

    /// <param name="results">Each result and the SVG text of its pictures.</param>
    public static string Make(IReadOnlyList<(ResultFile Result, IReadOnlyList<string> Pictures)> results)
    {
        var page = new StringBuilder();
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
        foreach (var (result, pictures) in results)
            AppendResult(page, result, pictures);
        page.Append("</body>\n</html>\n");
        return page.ToString();
    }

    private static void AppendResult(StringBuilder page, ResultFile result, IReadOnlyList<string> pictures)
    {
        var machine = result.Machine;
        page.Append(CultureInfo.InvariantCulture, $"""
            <section id="{Text(result.Kind)}">
            <h2>{Text(Title(result))}</h2>
            <p class="note">{result.Taken:yyyy-MM-dd HH:mm} UTC · {Text(machine.Processor)}, {machine.Processors} processors, {Text(machine.MemoryTotal)} · Linux {Text(machine.Kernel)}, {Text(machine.OperatingSystem)} ·
            {Text(machine.Runtime)} · commit {Text(result.Commit)}<br><code>{Text(result.Command)}</code></p>

            """);
        foreach (var picture in pictures)
            page.Append(picture).Append('\n');
        if (result.Comparisons.Count > 0)
            AppendComparisons(page, result.Comparisons);

        var refused = result.Cells.Where(cell => !cell.Counts)
            .Select(cell => $"{cell.Work}, {cell.Series ?? cell.Server}{(cell.At is { } at ? string.Create(CultureInfo.InvariantCulture, $" at {at:N0}") : "")}: {cell.Refused}")
            .Distinct().ToArray();
        AppendList(page, "Thrown out", refused);
        AppendList(page, "Not measured", result.Skipped);
        page.Append("</section>\n");
    }

    private static void AppendComparisons(StringBuilder page, IReadOnlyList<Comparison> comparisons)
    {
        page.Append("<div class=\"wide\"><table><tr><th>work<th class=\"left\">judged by<th>A<th>B<th>B ÷ A<th>95 % interval<th>pairs<th class=\"left\">verdict</tr>\n");
        foreach (var comparison in comparisons)
        {
            page.Append(CultureInfo.InvariantCulture, $"""
                <tr><td>{Text(comparison.Work)}<td class="left">{Text(comparison.Metric)}{(comparison.Unit.Length > 0 ? $", {Text(comparison.Unit)}" : "")}
                <td>{comparison.MedianOfA:N1}<td>{comparison.MedianOfB:N1}<td>{comparison.Ratio:F3}<td>{comparison.Interval?.Low:F3} … {comparison.Interval?.High:F3}
                <td>{comparison.Pairs}<td class="left {comparison.Verdict}">{Text(AbTables.Word(comparison))}</tr>

                """);
        }

        page.Append("</table></div>\n");
    }

    private static void AppendList(StringBuilder page, string title, IReadOnlyList<string> items)
    {
        if (items.Count == 0)
            return;

        page.Append(CultureInfo.InvariantCulture, $"<p class=\"note\">{title}:</p>\n<ul class=\"note\">\n");
        foreach (var item in items)
            page.Append(CultureInfo.InvariantCulture, $"<li>{Text(item)}</li>\n");
        page.Append("</ul>\n");
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
