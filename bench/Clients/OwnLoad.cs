using System.Net;
using Bench.Interop;
using Bench.Load;
using Bench.Servers;

namespace Bench.Clients;

/// <summary>A load that this process generates, on a thread of its own.</summary>
/// <param name="Run">Runs on the thread.</param>
internal sealed record OwnLoad(Func<IPEndPoint, TimeSpan, Gate, CancellationToken, LoadResult> Run) : ILoad
{
    public Tool? Needs => null;

    /// <summary>A closed loop.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="connections">The number of connections.</param>
    /// <param name="requestsPerConnection">The number of requests after which a connection is replaced; 0 for never.</param>
    public static OwnLoad Closed(Exchange exchange, int connections, int requestsPerConnection = 0) =>
        new((server, duration, gate, cancellation) =>
    {
        using ClosedLoop loop = new ClosedLoop(server, exchange, connections, requestsPerConnection);
        return loop.Run(duration, gate, cancellation);
    });

    /// <summary>An open loop with a fixed rate.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="connections">The number of connections.</param>
    /// <param name="rate">Requests per second.</param>
    /// <param name="splitFirstSecond">Whether the latencies of the first second and of the rest are reported separately as well.</param>
    public static OwnLoad Open(Exchange exchange, int connections, double rate, bool splitFirstSecond = false) =>
        new((server, duration, _, cancellation) =>
    {
        // Other threads on the client's processor must not add to the latencies.
        Libc.RaiseThisThread();
        using OpenLoop loop = new OpenLoop(server, exchange, connections, rate, splitFirstSecond);
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
