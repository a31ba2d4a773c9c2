namespace Soak.Commands;

/// <summary>What a script is told.</summary>
internal static class ExitCodes
{
    public const int Good = 0;

    /// <summary>A request was lost, a byte was wrong, something leaked or grew.</summary>
    public const int Failed = 1;

    /// <summary>The command line is wrong, or the soak could not run.</summary>
    public const int Wrong = 2;

    public const int Stopped = 130;
}
