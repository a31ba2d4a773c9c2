namespace Bench.Commands;

/// <summary>What the program ends with.</summary>
internal static class ExitCodes
{
    public const int Good = 0;

    /// <summary>B is slower than <c>--fail-if-slower</c> allows, or the runs of <c>--repeat</c> disagree.</summary>
    public const int Failed = 1;

    /// <summary>The command line or the machine will not do: a message says why.</summary>
    public const int Wrong = 2;

    /// <summary>A work that <c>--fail-if-slower</c> was to judge has no verdict.</summary>
    public const int NoVerdict = 3;

    /// <summary>Ended by Ctrl-C, as shells count it; what had been measured is kept.</summary>
    public const int Stopped = 130;
}
