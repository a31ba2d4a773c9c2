using System.Globalization;
using Bench.Statistics;
using Bench.Works;

namespace Bench.Results;

/// <summary>Makes the table of a run with goals: one row for each work.</summary>
internal static class GoalTable
{
    private const string None = "–";

    /// <summary>Returns the table; it has no rows where a result has no goals.</summary>
    public static FigureTable Of(ResultFile result)
    {
        if (result.Kind == "files")
        {
            return FileGoalTable.Of(result);
        }

        string names = result.Comparisons.Count == 0 ? "Goals" : $"Goals: {result.Comparisons[0].B} ÷ {result.Comparisons[0].A}";
        return new FigureTable(
            $"{names} · {result.Placement}",
            [
                FigureTable.Column.Text("work"), FigureTable.Column.Text("placement"), new("req/s"), new("CPU"),
                FigureTable.Column.Text("other figures"), FigureTable.Column.Text("goal"), FigureTable.Column.Text("met"),
            ],
            [.. result.Goals.GroupBy(goal => goal.Work).Select(work => Row(result, work.Key, [.. work]))]);
    }

    /// <summary>Returns whether every goal of a work is met; null when a figure is missing.</summary>
    internal static bool? IsMet(ResultFile result, IEnumerable<Goal> goals)
    {
        bool?[] met = [.. goals.Select(goal => Value(result, goal) is { } value ? goal.IsMetBy(value) : (bool?)null)];
        return met.Contains(false) ? false : met.Contains(null) ? null : true;
    }

    private static IReadOnlyList<string> Row(ResultFile result, string work, IReadOnlyList<Goal> goals) =>
    [
        work, result.Cores, Ratio(RateOf(result, work)), Ratio(Find(result, work, Headline.Cpu.Name)?.Ratio),
        string.Join("; ", goals.Where(IsOther).Select(goal => $"{goal.Metric} {Show(result, goal)}")),
        string.Join(", ", goals.Select(Words)),
        IsMet(result, goals) switch { true => "yes", false => "no", null => "not measured" },
    ];

    private static bool IsOther(Goal goal) => goal.Metric != Headline.Cpu.Name && goal.Metric != Headline.Throughput.Name;

    private static string Words(Goal goal)
    {
        string metric = goal.Metric == Headline.Cpu.Name ? "CPU" : goal.Metric == Headline.Throughput.Name ? "req/s" : goal.Metric;
        string limit = goal.IsRatio ? Ratio(goal.Limit) : FigureTables.Format(goal.Limit);
        return $"{metric} {(goal.LowerIsBetter ? "≤" : "≥")} {limit}";
    }

    private static string Show(ResultFile result, Goal goal)
    {
        if (Find(result, goal.Work, goal.Metric) is not { MedianOfA: { } a, MedianOfB: { } b } found)
        {
            return None;
        }

        return $"{FigureTables.Format(b)} against {FigureTables.Format(a)} {found.Unit}".TrimEnd()
            + (found.Ratio is { } ratio ? $" ({Ratio(ratio)})" : "");
    }

    private static double? Value(ResultFile result, Goal goal) => goal.Metric == Headline.Throughput.Name
        ? RateOf(result, goal.Work)
        : goal.IsRatio ? Find(result, goal.Work, goal.Metric)?.Ratio : Find(result, goal.Work, goal.Metric)?.MedianOfB;

    /// <summary>Returns the ratio of requests per second. Slices have no rate; their works have it from uninterrupted windows.</summary>
    private static double? RateOf(ResultFile result, string work) =>
        Find(result, work, Headline.Throughput.Name)?.Ratio ?? RatioOf(result.Cells, work) ?? RatioOf(result.LatencyCells, work);

    private static double? RatioOf(IReadOnlyList<Cell> cells, string work)
    {
        double[] a = Rates("A"), b = Rates("B");
        return a.Length == 0 || b.Length == 0 ? null : Sample.Median(b) / Sample.Median(a);

        double[] Rates(string series) =>
        [
            .. cells.Where(cell => cell.Work == work && cell.Series == series && cell.Counts).Select(cell => cell.RequestsPerSecond)
                .OfType<double>().Where(rate => rate > 0),
        ];
    }

    private static Comparison? Find(ResultFile result, string work, string metric) =>
        result.Comparisons.FirstOrDefault(one => one.Work == work && one.Metric == metric);

    private static string Ratio(double? ratio) => ratio?.ToString("F2", CultureInfo.InvariantCulture) ?? None;
}
