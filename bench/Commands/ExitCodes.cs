namespace Bench.Commands;

/// <summary>The exit codes.</summary>
internal static class ExitCodes
{
    public const int Good = 0;

    /// <summary>B is slower than <c>--fail-if-slower</c> allows, or the runs of <c>--repeat</c> disagree.</summary>
    public const int Failed = 1;

    /// <summary>The command line is invalid or the machine lacks something; a message names it.</summary>
    public const int Wrong = 2;

    /// <summary>A work has no verdict that <c>--fail-if-slower</c> could judge.</summary>
    public const int NoVerdict = 3;

    /// <summary>Ended by Ctrl-C (128 + SIGINT); the cells measured by then are saved.</summary>
    public const int Stopped = 130;
}
