using Bench.Servers;

namespace Bench.Load;

/// <summary>
/// A load beside clients of a handler that blocks its thread. Only the requests of the load count.
/// </summary>
internal sealed record BesideBlockers(string BlockingPath, int Blockers, ILoad Measured) : ILoad
{
    public Tool? Needs => Measured.Needs;

    public async Task<LoadResult> RunAsync(Server server, TimeSpan duration, Action<ILoadControl> started, CancellationToken cancellation)
    {
        Task<LoadResult> blockers = OwnLoad.Closed(Exchange.Get(BlockingPath), Blockers).RunAsync(server, duration, _ => { }, cancellation);
        LoadResult result = await Measured.RunAsync(server, duration, started, cancellation);
        LoadResult blocked = await blockers;
        return result with { Error = result.Error ?? blocked.Error };
    }
}
