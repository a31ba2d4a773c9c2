namespace Bench.Results;

/// <summary>A limit for one figure of one work.</summary>
/// <param name="Work">The name of the work.</param>
/// <param name="Metric">The name of the figure, as in <see cref="Comparison.Metric"/>.</param>
/// <param name="Limit">The limit: a maximum where a lower figure is better, else a minimum.</param>
/// <param name="IsRatio">Whether the limit is for the ratio of B to A; else for the median of B.</param>
/// <param name="LowerIsBetter">Whether a lower figure is better.</param>
internal sealed record Goal(string Work, string Metric, double Limit, bool IsRatio = true, bool LowerIsBetter = true)
{
    /// <summary>The series that the goal is about; null for B of a comparison of two servers.</summary>
    public string? Server { get; init; }

    /// <summary>
    /// The series that the ratio refers to; null for A of a comparison of two servers, or where the limit is not a ratio.
    /// </summary>
    public string? Reference { get; init; }

    /// <summary>The work whose figure is subtracted; null for none.</summary>
    public string? Without { get; init; }

    /// <summary>Returns whether a value is within the limit.</summary>
    public bool IsMetBy(double value) => LowerIsBetter ? value <= Limit : value >= Limit;
}
