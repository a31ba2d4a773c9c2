using System.Globalization;
using Bench.Results;
using Bench.Statistics;
using Spectre.Console;

namespace Bench.Ab;

/// <summary>What a person reads at the end of a comparison.</summary>
internal static class AbTables
{
    private static readonly string[] Sides = ["A", "B"];

    public static void Write(IAnsiConsole console, ResultFile result)
    {
        if (result.Comparisons.Count == 0)
        {
            return;
        }

        WriteVerdicts(console, result.Comparisons);
        Details(result).Write(console);
        foreach (string? refusal in result.Comparisons.SelectMany(comparison => comparison.Refusals.Select(reason => $"{comparison.Work}: thrown out: {reason}")))
        {
            console.MarkupLineInterpolated($"[yellow]{refusal}[/]");
        }

        foreach (string? refusal in result.LatencyCells.Where(cell => !cell.Counts).Select(cell => $"{cell.Work}: latencies thrown out: {cell.Server}: {cell.Refused}").Distinct())
        {
            console.MarkupLineInterpolated($"[yellow]{refusal}[/]");
        }
    }

    /// <summary>The words of a comparison that was made several times.</summary>
    public static void WriteAgreement(IAnsiConsole console, IReadOnlyList<Agreement> works)
    {
        Table table = new Table().Border(TableBorder.Rounded);
        table.AddColumn("work");
        table.AddColumn("run");
        table.AddColumn(new TableColumn("B ÷ A").RightAligned());
        table.AddColumn("95 % interval");
        table.AddColumn("verdict");
        foreach (Agreement work in works)
        {
            foreach ((int run, Comparison? comparison) in work.Runs.Index())
            {
                table.AddRow(Markup.Escape(work.Work), $"{run + 1}", Ratio(comparison), Interval(comparison), Markup.Escape(Word(comparison)));
            }
        }

        console.Write(table);
        foreach (Agreement work in works)
        {
            string says = $"{work.Work}: {work.Agreeing} of {work.Runs.Count} runs say \"{(work.Word == Verdict.None ? "no verdict" : Word(work.Runs.First(run => run.Verdict == work.Word)))}\"";
            console.MarkupLineInterpolated($"[{(work.Holds ? "green" : "red")}]{says}[/]");
        }
    }

    public static string Word(Comparison comparison) => comparison.Verdict switch
    {
        Verdict.Faster => $"{comparison.B} is better",
        Verdict.Slower => $"{comparison.B} is worse",
        Verdict.NoDifference => "no difference",
        _ => $"no verdict ({comparison.Pairs} pairs)",
    };

    private static void WriteVerdicts(IAnsiConsole console, IReadOnlyList<Comparison> comparisons)
    {
        Table table = new Table().Border(TableBorder.Rounded);
        table.AddColumn("work");
        table.AddColumn("judged by");
        table.AddColumn(new TableColumn("A").RightAligned());
        table.AddColumn(new TableColumn("B").RightAligned());
        table.AddColumn(new TableColumn("B ÷ A").RightAligned());
        table.AddColumn("95 % interval");
        table.AddColumn("verdict");
        foreach (Comparison comparison in comparisons)
        {
            string colour = comparison.Verdict switch { Verdict.Faster => "green", Verdict.Slower => "red", _ => "default" };
            table.AddRow(
                Markup.Escape(comparison.Work),
                Markup.Escape($"{comparison.Metric}{(comparison.Unit.Length > 0 ? $", {comparison.Unit}" : "")}"),
                Figure(comparison.MedianOfA),
                Figure(comparison.MedianOfB),
                Ratio(comparison),
                Interval(comparison),
                $"[{colour}]{Markup.Escape(Word(comparison))}[/]");
        }

        console.MarkupLineInterpolated($"A = [bold]{comparisons[0].A}[/], B = [bold]{comparisons[0].B}[/]");
        console.Write(table);
    }

    private static string Ratio(Comparison comparison) => comparison.Ratio?.ToString("F3", CultureInfo.InvariantCulture) ?? "–";

    private static string Interval(Comparison comparison) =>
        comparison.Interval is { } interval ? string.Create(CultureInfo.InvariantCulture, $"{interval.Low:F3} … {interval.High:F3}") : "–";

    /// <summary>Every figure of a comparison.</summary>
    public static FigureTable Details(ResultFile result)
    {
        (string Title, Func<Cell, double?> Read)[] columns =
        [
            ("req/s", cell => cell.RequestsPerSecond), ("CPU µs", cell => cell.CpuPerRequest),
            ("user instr.", cell => cell.UserInstructionsPerRequest), ("kernel instr.", cell => cell.KernelInstructionsPerRequest),
            ("switches", cell => cell.ContextSwitchesPerRequest), ("alloc. B", cell => cell.AllocatedBytesPerRequest), ("GCs", cell => cell.Collections),
            ("p50 µs", cell => cell.Latency?.P50), ("p90", cell => cell.Latency?.P90), ("p99", cell => cell.Latency?.P99),
            ("p99.9", cell => cell.Latency?.P999), ("max", cell => cell.Latency?.Max), ("PSS MiB", cell => cell.ProportionalMemory / 1048576.0),
            ("server %", cell => cell.ServerBusy * 100), ("client %", cell => cell.ClientBusy * 100),
        ];
        (string Title, Func<Cell, double?> Read)[] shown = columns.Where(column => result.Cells.Concat(result.LatencyCells).Any(cell => column.Read(cell) is not null)).ToArray();

        IEnumerable<IReadOnlyList<string>> rows =
            from comparison in result.Comparisons
            from side in Sides
            let cells = result.Cells.Concat(result.LatencyCells).Where(cell => cell.Work == comparison.Work && cell.Series == side && cell.Counts).ToArray()
            where cells.Length > 0
            let calls = comparison.SystemCallsPerRequest?.TryGetValue(side, out double count) == true ? count : (double?)null
            select (IReadOnlyList<string>)[comparison.Work, cells[0].Server, Figure(calls), .. shown.Select(column => Figure(MedianOf(cells, column.Read)))];

        return new FigureTable(
            "medians of the cells that count, per request",
            [FigureTable.Column.Text("work"), FigureTable.Column.Text("server"), new("sys. calls"), .. shown.Select(column => new FigureTable.Column(column.Title))],
            [.. rows]);
    }

    private static double? MedianOf(IEnumerable<Cell> cells, Func<Cell, double?> read)
    {
        double[] values = cells.Select(read).OfType<double>().ToArray();
        return values.Length == 0 ? null : Sample.Median(values);
    }

    /// <summary>Three digits that matter.</summary>
    private static string Figure(double? value) => value switch
    {
        null => "–",
        { } number when Math.Abs(number) >= 100 => number.ToString("N0", CultureInfo.InvariantCulture),
        { } number when Math.Abs(number) >= 10 => number.ToString("F1", CultureInfo.InvariantCulture),
        { } number => number.ToString("F2", CultureInfo.InvariantCulture),
    };
}
