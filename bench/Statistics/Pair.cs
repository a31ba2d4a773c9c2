namespace Bench.Statistics;

/// <summary>The figures of two servers that were measured in the same round.</summary>
internal readonly record struct Pair(double A, double B);
