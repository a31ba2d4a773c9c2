using System.Globalization;

namespace Bench.Commands;

/// <summary>A share as people write it: 3%, or 0.03.</summary>
internal static class Share
{
    /// <exception cref="FormatException">It is neither.</exception>
    public static double Parse(string text)
    {
        bool percent = text.EndsWith('%');
        string number = percent ? text[..^1] : text;
        if (!double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) || !(value >= 0) || double.IsInfinity(value))
        {
            throw new FormatException($"'{text}' is not a share such as 3% or 0.03");
        }

        return percent ? value / 100 : value;
    }
}
