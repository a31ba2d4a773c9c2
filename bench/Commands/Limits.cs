using System.Globalization;

namespace Bench.Commands;

/// <summary>What a number on the command line may be.</summary>
internal static class Limits
{
    /// <param name="option">As it is typed.</param>
    /// <param name="value">Null where it was not given.</param>
    /// <param name="least">Allowed.</param>
    /// <param name="most">Allowed.</param>
    /// <exception cref="FormatException">The value is no number from the one to the other.</exception>
    public static void Within(string option, double? value, double least, double most)
    {
        if (value is { } given && !(given >= least && given <= most))
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"{option} is {given}; allowed: {least} to {most}"));
        }
    }
}
