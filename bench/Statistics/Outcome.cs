namespace Bench.Statistics;

/// <summary>The result of a comparison: a ratio of medians, its confidence interval and the verdict.</summary>
internal readonly record struct Outcome(Verdict Verdict, double Ratio, Interval Interval);
