using Bench.Servers;

namespace Bench.Load;

/// <summary>A load on a server.</summary>
internal interface ILoad
{
    /// <summary>The tool that generates the load; null for loads of this process.</summary>
    Tool? Needs { get; }

    /// <summary>
    /// Runs for about <paramref name="duration"/> and calls <paramref name="started"/> when the load generator has started.
    /// </summary>
    Task<LoadResult> RunAsync(Server server, TimeSpan duration, Action<ILoadControl> started, CancellationToken cancellation);
}
