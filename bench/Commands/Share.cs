using System.Globalization;

namespace Bench.Commands;

/// <summary>Reads shares such as 3% or 0.03.</summary>
internal static class Share
{
    /// <exception cref="FormatException">The text is not a share.</exception>
    public static double Parse(string text)
    {
        bool percent = text.EndsWith('%');
        string number = percent ? text[..^1] : text;
        if (!double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) || !(value >= 0)
            || double.IsInfinity(value))
        {
            throw new FormatException($"'{text}' is not a share; expected a value such as 3% or 0.03");
        }

        return percent ? value / 100 : value;
    }
}
