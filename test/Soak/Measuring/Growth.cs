namespace Soak.Measuring;

/// <summary>Whether a figure grew from the first third of the checkpoints to the last third, by their medians.</summary>
/// <param name="First">Median of the first third.</param>
/// <param name="Last">Median of the last third.</param>
/// <param name="Allowance">What it may have grown.</param>
internal sealed record Growth(double First, double Last, double Allowance)
{
    public bool IsWithin => Last - First <= Allowance;

    /// <summary>The allowance is the larger of a share of the first median and a fixed amount.</summary>
    public static Growth Of(IReadOnlyList<double> values, double share, double least)
    {
        int third = Math.Max(1, values.Count / 3);
        double first = Median(values.Take(third));
        return new Growth(first, Median(values.TakeLast(third)), Math.Max(first * share, least));
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN
            : sorted.Length % 2 == 1 ? sorted[sorted.Length / 2]
            : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
