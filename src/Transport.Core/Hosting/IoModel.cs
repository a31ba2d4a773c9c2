using Transport.Core.Loops;

namespace Transport.Core.Hosting;

/// <summary>An I/O model as the transport knows it: a name, and a way to make a loop.</summary>
/// <param name="Name">As users write it, in the meter's tags and on a command line: <c>epoll</c>.</param>
/// <param name="LogName">The end of the log category: <c>Epoll</c>.</param>
/// <param name="CreateLoop">Makes a loop; its thread is started by the caller.</param>
/// <param name="IsThreadBound">
/// The kernel knows a loop of this model by its thread, so that no other thread can go on with it.
/// </param>
internal sealed record IoModel(string Name, string LogName, Func<LoopSetup, EventLoop> CreateLoop, bool IsThreadBound = false)
{
    /// <summary>The beginning of the log category, before <see cref="LogName"/>.</summary>
    public const string LogPrefix = "Microsoft.AspNetCore.Server.Kestrel.Transport";

    /// <summary>
    /// What serves: the model's name, or that of the model which takes its place where the kernel does not allow it. Loops, metrics and the
    /// log line of an end point are named after it.
    /// </summary>
    public string Mechanism { get; init; } = Name;

    /// <summary>Where application code runs. A loop that is bound to its thread cannot move, so it has workers instead.</summary>
    public ApplicationScheduling SchedulingOf(TransportOptions options) =>
        IsThreadBound && options.EffectiveScheduling == ApplicationScheduling.LeaderFollowers
            ? ApplicationScheduling.Workers
            : options.EffectiveScheduling;
}
