using System.Globalization;
using Bench.Plans;
using Bench.Works;

namespace Bench.Results;

/// <summary>Makes the table of a run of <c>bench files</c> with goals: one row for each goal.</summary>
internal static class FileGoalTable
{
    private const string None = "–";

    /// <summary>Returns the table; it has no rows where a result has no goals.</summary>
    public static FigureTable Of(ResultFile result) => new(
        $"Goals · {result.Placement}",
        [
            FigureTable.Column.Text("work"), FigureTable.Column.Text("placement"), FigureTable.Column.Text("server"),
            FigureTable.Column.Text("compared with"), new("GB/s"), new("CPU"), FigureTable.Column.Text("figure"), new("value"),
            FigureTable.Column.Text("goal"), FigureTable.Column.Text("met"),
        ],
        [.. result.Goals.Select(goal => Row(result, goal))]);

    /// <summary>Returns the value that a goal is about; null when it was not measured.</summary>
    internal static double? Value(ResultFile result, Goal goal)
    {
        if (goal is { IsRatio: true, Reference: { } reference })
        {
            return Ratio(result, goal.Work, goal.Server!, reference, goal.Metric);
        }

        double? value = Median(result, goal.Work, goal);
        return goal.Without is { } other ? value - Median(result, other, goal) : value;
    }

    private static IReadOnlyList<string> Row(ResultFile result, Goal goal)
    {
        double? value = Value(result, goal);
        return
        [
            goal.Work, result.Cores, goal.Server!, goal.Reference ?? goal.Without ?? None,
            Show(RatioTo(result, goal, Headline.BytesPerSecond)), Show(RatioTo(result, goal, Headline.CpuPerGibibyte)),
            goal.Metric, Show(value, goal), $"{(goal.LowerIsBetter ? "≤" : "≥")} {Show(goal.Limit, goal)}",
            value is not { } known ? "not measured" : goal.IsMetBy(known) ? "yes" : "no",
        ];
    }

    private static double? RatioTo(ResultFile result, Goal goal, Headline figure) =>
        goal.Reference is { } reference ? Ratio(result, goal.Work, goal.Server!, reference, figure.Name) : null;

    /// <summary>Returns the ratio over the rounds in which both series were accepted.</summary>
    private static double? Ratio(ResultFile result, string work, string server, string reference, string metric)
    {
        Cell[] cells = [.. result.Cells.Where(cell => cell.Key == server || cell.Key == reference)];
        return Comparer.Compare(cells, new ComparedPair(reference, server), work, Headline.Named(metric), margin: 0).Ratio;
    }

    private static double? Median(ResultFile result, string work, Goal goal)
    {
        IReadOnlyList<Round> rounds = Round.Counted(result.Cells.Where(cell => cell.Work == work && cell.Key == goal.Server));
        return Round.Median(rounds, goal.Server!, Headline.Named(goal.Metric).Read);
    }

    private static string Show(double? ratio) => ratio?.ToString("F2", CultureInfo.InvariantCulture) ?? None;

    private static string Show(double? value, Goal goal) => goal.IsRatio ? Show(value)
        : value is { } known ? $"{FigureTables.Format(known)} {Headline.Named(goal.Metric).Unit}" : None;
}
