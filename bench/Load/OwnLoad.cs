using System.Net;
using Bench.Servers;

namespace Bench.Load;

/// <summary>A loop of the bench's own, on a thread of its own.</summary>
/// <param name="Run">What the thread does.</param>
internal sealed record OwnLoad(Func<IPEndPoint, TimeSpan, CancellationToken, LoadResult> Run) : ILoad
{
    public Tool? Needs => null;

    /// <summary>As fast as the server goes.</summary>
    public static OwnLoad Closed(Exchange exchange, int connections) => new((server, duration, cancellation) =>
    {
        using var loop = new ClosedLoop(server, exchange, connections);
        return loop.Run(duration, cancellation);
    });

    /// <summary>At a fixed rate.</summary>
    public static OwnLoad Open(Exchange exchange, int connections, double rate) => new((server, duration, cancellation) =>
    {
        using var loop = new OpenLoop(server, exchange, connections, rate);
        return loop.Run(duration, cancellation);
    });

    public async Task<LoadResult> RunAsync(Server server, TimeSpan duration, Action<int> started, CancellationToken cancellation)
    {
        started(Environment.ProcessId);
        return await Task.Factory.StartNew(
            () => Run(server.EndPoint, duration, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }
}
