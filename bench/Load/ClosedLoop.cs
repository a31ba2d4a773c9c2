using System.Diagnostics;
using System.Net;

namespace Bench.Load;

/// <summary>A closed loop: every connection sends its next request when it has received a response.</summary>
internal sealed class ClosedLoop(IPEndPoint server, Exchange exchange, int connections, int requestsPerConnection = 0)
    : ClientLoop(server, exchange, connections)
{
    private readonly int[] _requests = new int[connections];
    private bool _stopping;

    /// <summary>Runs for the given time and does not wait for outstanding responses.</summary>
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
            Poll(TimeSpan.FromMilliseconds(10));
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
            if (requestsPerConnection > 0 && ++_requests[number] == requestsPerConnection)
            {
                _requests[number] = 0;
                Replace(number);
            }

            Send(number, Stopwatch.GetTimestamp());
        }
    }
}
