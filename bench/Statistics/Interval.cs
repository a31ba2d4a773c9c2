namespace Bench.Statistics;

/// <summary>A confidence interval.</summary>
internal readonly record struct Interval(double Low, double High)
{
    public bool Contains(double value) => Low <= value && value <= High;
}
