namespace Soak.Commands;

/// <summary>Ranges of numbers on the command line.</summary>
internal static class Limits
{
    /// <exception cref="FormatException">Names the option and what it allows.</exception>
    public static void Within(string option, double value, double least, double most)
    {
        if (!(value >= least && value <= most))
        {
            throw new FormatException($"{option} {value}: allowed are {least} to {most}");
        }
    }
}
