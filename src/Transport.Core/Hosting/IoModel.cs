using Transport.Core.Loops;

namespace Transport.Core.Hosting;

/// <summary>Describes an I/O model: its name, and how to create an event loop.</summary>
/// <param name="Name">The name in the meter's tags and on a command line: <c>epoll</c>.</param>
/// <param name="LogName">The end of the log category: <c>Epoll</c>.</param>
/// <param name="CreateLoop">Creates a loop. The caller starts its thread.</param>
/// <param name="IsThreadBound">
/// Whether the kernel binds a loop of this model to its thread, so that no other thread can take the loop over.
/// </param>
internal sealed record IoModel(string Name, string LogName, Func<LoopSetup, EventLoop> CreateLoop, bool IsThreadBound = false)
{
    /// <summary>The start of the log category, before <see cref="LogName"/>.</summary>
    public const string LogPrefix = "Microsoft.AspNetCore.Server.Kestrel.Transport";

    /// <summary>
    /// The model in use: this one, or the fallback where the kernel does not allow it. Loops, metrics and the log message of an end point
    /// carry this name.
    /// </summary>
    public string Mechanism { get; init; } = Name;

    /// <summary>The effective scheduling. A loop that is bound to its thread cannot move, so it uses worker threads instead.</summary>
    public ApplicationScheduling SchedulingOf(TransportOptions options) =>
        IsThreadBound && options.EffectiveScheduling == ApplicationScheduling.LeaderFollowers
            ? ApplicationScheduling.Workers
            : options.EffectiveScheduling;
}
