using System.Net;
using Bench.Interop;
using Bench.Servers;

namespace Bench.Load;

/// <summary>A loop of the bench's own, on a thread of its own.</summary>
/// <param name="Run">What the thread does.</param>
internal sealed record OwnLoad(Func<IPEndPoint, TimeSpan, Gate, CancellationToken, LoadResult> Run) : ILoad
{
    public Tool? Needs => null;

    /// <summary>As fast as the server goes.</summary>
    public static OwnLoad Closed(Exchange exchange, int connections) => new((server, duration, gate, cancellation) =>
    {
        using ClosedLoop loop = new ClosedLoop(server, exchange, connections);
        return loop.Run(duration, gate, cancellation);
    });

    /// <summary>At a fixed rate.</summary>
    public static OwnLoad Open(Exchange exchange, int connections, double rate) => new((server, duration, _, cancellation) =>
    {
        // Its latencies are the server's: whatever else loads the client's processor must not be in them.
        Libc.RaiseThisThread();
        using OpenLoop loop = new OpenLoop(server, exchange, connections, rate);
        return loop.Run(duration, cancellation);
    });

    public async Task<LoadResult> RunAsync(Server server, TimeSpan duration, Action<ILoadControl> started, CancellationToken cancellation)
    {
        using Gate gate = new Gate();
        started(gate);
        return await Task.Factory.StartNew(
            () => Run(server.EndPoint, duration, gate, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }
}
