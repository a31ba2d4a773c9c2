using System.Diagnostics;
using System.Net;

namespace Bench.Load;

/// <summary>Every connection sends its next request when it has its response: as fast as the server goes, and no faster.</summary>
internal sealed class ClosedLoop(IPEndPoint server, Exchange exchange, int connections) : ClientLoop(server, exchange, connections)
{
    private bool _stopping;

    /// <summary>Runs to the end of the time, then waits for no one.</summary>
    public LoadResult Run(TimeSpan duration, Gate gate, CancellationToken cancellation)
    {
        Connect();
        long start = Stopwatch.GetTimestamp();
        long end = start + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        for (int number = 0; number < Count; number++)
        {
            Send(number, Stopwatch.GetTimestamp());
        }

        while (Stopwatch.GetTimestamp() < end && !HasFailed)
        {
            gate.Pass(cancellation);
            Turn(TimeSpan.FromMilliseconds(10));
        }

        _stopping = true;
        return new LoadResult
        {
            Requests = Latencies.Count,
            Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds,
            Latency = LatencySummary.Of(Latencies),
            Error = Error,
        };
    }

    protected override void OnFree(int number)
    {
        if (!_stopping)
        {
            Send(number, Stopwatch.GetTimestamp());
        }
    }
}
