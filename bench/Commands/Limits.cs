using System.Globalization;

namespace Bench.Commands;

/// <summary>Checks the ranges of numbers on the command line.</summary>
internal static class Limits
{
    /// <param name="option">The name of the option.</param>
    /// <param name="value">The value; null when the option is absent.</param>
    /// <param name="least">The minimum.</param>
    /// <param name="most">The maximum.</param>
    /// <exception cref="FormatException">The value is outside the range or not a number.</exception>
    public static void Within(string option, double? value, double least, double most)
    {
        if (value is { } given && !(given >= least && given <= most))
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"{option} is {given}; allowed: {least} to {most}"));
        }
    }
}
