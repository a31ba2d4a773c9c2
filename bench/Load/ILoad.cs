using Bench.Servers;

namespace Bench.Load;

/// <summary>Something that puts load on a server for a while.</summary>
internal interface ILoad
{
    /// <summary>The tool that it needs and the package that brings it; null for the bench's own.</summary>
    Tool? Needs { get; }

    /// <summary>
    /// Runs for about <paramref name="duration"/>; <paramref name="started"/> gets hold of the load as soon as there is one.
    /// </summary>
    Task<LoadResult> RunAsync(Server server, TimeSpan duration, Action<ILoadControl> started, CancellationToken cancellation);
}
