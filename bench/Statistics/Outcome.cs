namespace Bench.Statistics;

/// <summary>A median ratio, its confidence interval, and the word for both.</summary>
internal readonly record struct Outcome(Verdict Verdict, double Ratio, Interval Interval);
