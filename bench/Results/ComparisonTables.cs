using System.Globalization;
using Bench.Statistics;
using Spectre.Console;

namespace Bench.Results;

/// <summary>Makes the tables of verdicts.</summary>
internal static class ComparisonTables
{
    /// <summary>Returns the table of all comparisons of a result; the title names the placement.</summary>
    public static FigureTable Of(ResultFile result) => Of(result.Comparisons).At(result.Placement);

    /// <summary>Returns the table of comparisons.</summary>
    public static FigureTable Of(IReadOnlyList<Comparison> comparisons)
    {
        bool samePair = comparisons.Select(comparison => (comparison.A, comparison.B)).Distinct().Count() <= 1;
        return new FigureTable(
            samePair && comparisons.Count > 0 ? $"A = {comparisons[0].A}, B = {comparisons[0].B}" : "Comparisons",
            [
                FigureTable.Column.Text("work"), .. samePair ? [] : new[] { FigureTable.Column.Text("A"), FigureTable.Column.Text("B") },
                FigureTable.Column.Text("verdict"), new("B ÷ A"), new("95 % interval"), FigureTable.Column.Text("figure"),
                new("median of A"),
                new("median of B"), new("pairs"),
            ],
            [
                .. comparisons.Select(comparison => (IReadOnlyList<string>)
                [
                    comparison.Work, .. samePair ? [] : new[] { comparison.A, comparison.B },
                    comparison.InWords(), Ratio(comparison), Interval(comparison),
                    comparison.Unit.Length > 0 ? $"{comparison.Metric}, {comparison.Unit}" : comparison.Metric,
                    FigureTables.Format(comparison.MedianOfA), FigureTables.Format(comparison.MedianOfB),
                    comparison.Pairs.ToString(CultureInfo.InvariantCulture),
                ]),
            ]);
    }

    /// <summary>Returns the table of a comparison that was made several times.</summary>
    public static FigureTable Of(IReadOnlyList<Agreement> works) => new(
        "Repeated runs",
        [FigureTable.Column.Text("work"), new("run"), new("B ÷ A"), new("95 % interval"), FigureTable.Column.Text("verdict")],
        [
            .. from work in works
               from run in work.Runs.Index()
               select (IReadOnlyList<string>)[work.Work, $"{run.Index + 1}", Ratio(run.Item), Interval(run.Item), run.Item.InWords()],
        ]);

    /// <summary>Writes the tables of a result, and why cells were refused.</summary>
    public static void Write(IAnsiConsole console, ResultFile result, Func<string, string>? describe = null)
    {
        foreach (FigureTable table in FigureTables.Of(result, describe).Prepend(Of(result)).Append(GoalTable.Of(result)))
        {
            table.Write(console);
        }

        foreach (string refusal in result.LatencyCells.Where(cell => !cell.Counts)
            .Select(cell => $"{cell.Work}: latencies of {cell.Server} refused: {cell.Refused}").Distinct())
        {
            console.MarkupLineInterpolated($"[yellow]{refusal}[/]");
        }
    }

    /// <summary>Writes the verdicts of repeated runs and whether they agree.</summary>
    public static void WriteAgreement(IAnsiConsole console, IReadOnlyList<Agreement> works)
    {
        Of(works).Write(console);
        foreach (Agreement work in works)
        {
            string verdict = work.Verdict == Verdict.None ? "no verdict" : work.Runs.First(run => run.Verdict == work.Verdict).InWords();
            string colour = work.Holds ? "green" : "red";
            console.MarkupLineInterpolated($"[{colour}]{work.Work}: {work.Agreeing} of {work.Runs.Count} runs: {verdict}[/]");
        }
    }

    private static string Ratio(Comparison comparison) => comparison.Ratio?.ToString("F3", CultureInfo.InvariantCulture) ?? "–";

    private static string Interval(Comparison comparison) =>
        comparison.Interval is { } interval ? string.Create(CultureInfo.InvariantCulture, $"{interval.Low:F3} to {interval.High:F3}") : "–";
}
