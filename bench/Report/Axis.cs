using System.Globalization;

namespace Bench.Report;

/// <summary>An axis: maps values to positions from 0 to 1.</summary>
/// <param name="Low">The value at position 0.</param>
/// <param name="High">The value at position 1.</param>
/// <param name="IsLogarithmic">Whether equal distances are equal ratios.</param>
/// <param name="Ticks">The labelled values.</param>
internal sealed record Axis(double Low, double High, bool IsLogarithmic, IReadOnlyList<(double Value, string Label)> Ticks)
{
    public double At(double value) => IsLogarithmic
        ? (Math.Log(value) - Math.Log(Low)) / (Math.Log(High) - Math.Log(Low))
        : (value - Low) / (High - Low);

    /// <summary>An axis of categories at 0, 1, 2, …</summary>
    public static Axis Categories(IReadOnlyList<string> labels) =>
        new(-0.3, labels.Count - 0.7, false, [.. labels.Select((label, index) => ((double)index, label))]);

    /// <summary>A linear axis from 0 to the maximum.</summary>
    public static Axis Linear(IEnumerable<double> values)
    {
        double max = Math.Max(values.Max(), 1e-9);
        double step = Math.Pow(10, Math.Floor(Math.Log10(max)));
        step = max / step < 2 ? step / 2 : max / step > 5 ? 2 * step : step;
        int steps = (int)Math.Ceiling(max / step);
        return new Axis(0, steps * step, false, [.. Enumerable.Range(0, steps + 1).Select(index => (index * step, Short(index * step)))]);
    }

    /// <summary>A logarithmic axis that contains all values, with ticks at powers of ten and, in a small range, between them.</summary>
    public static Axis Logarithmic(IReadOnlyCollection<double> values, double room = 1.15)
    {
        (double low, double high) = (values.Min() / room, values.Max() * room);
        List<(double, string)> ticks = new List<(double, string)>();
        double[] steps = (high / low) switch { > 100 => [1], > 6 => [1, 2, 5], _ => [1, 1.2, 1.5, 2, 3, 4, 5, 6, 7, 8, 9] };
        for (int exponent = (int)Math.Floor(Math.Log10(low)); exponent <= Math.Ceiling(Math.Log10(high)); exponent++)
        {
            ticks.AddRange(steps.Select(step => step * Math.Pow(10, exponent)).Where(tick => tick >= low && tick <= high)
                .Select(tick => (tick, Short(tick))));
        }

        return new Axis(low, high, true, ticks);
    }

    /// <summary>Formats a number with at most three significant digits.</summary>
    public static string Short(double value) => value switch
    {
        >= 999_500 => Digits(value / 1e6) + " M",
        >= 9_995 => Digits(value / 1e3) + " k",
        _ => Digits(value),
    };

    private static string Digits(double value) =>
        double.Parse(value.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
        .ToString("0.######", CultureInfo.InvariantCulture);
}
