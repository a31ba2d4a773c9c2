using System.Diagnostics;
using System.Net;

namespace Bench.Load;

/// <summary>Requests start at a fixed rate, whether or not earlier ones have been answered, and latency counts from the moment a request
/// was <i>meant</i> to start. A server that stalls for half a second so keeps everybody waiting who would have come in that time; a closed
/// loop would have asked once, waited politely, and noted one bad request.</summary>
internal sealed class OpenLoop : ClientLoop
{
    /// <summary>How long answers to requests already sent are waited for at the end.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>The end of a wait that is not slept.</summary>
    private static readonly TimeSpan Spun = TimeSpan.FromMicroseconds(150);

    private readonly double _rate;
    private readonly Stack<int> _free = new();
    private readonly LatencyHistogram _lag = new();
    private long _interval;

    /// <param name="server">Where to.</param>
    /// <param name="exchange">What to say.</param>
    /// <param name="connections">Connections held; a request that finds none free waits, its clock running.</param>
    /// <param name="rate">Requests a second.</param>
    public OpenLoop(IPEndPoint server, Exchange exchange, int connections, double rate)
        : base(server, exchange, connections)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rate);
        _rate = rate;
    }

    /// <summary>Offers load for the time given. What is not answered by then counts with the time it has waited.</summary>
    public LoadResult Run(TimeSpan duration, CancellationToken cancellation)
    {
        Connect();
        for (int number = Count - 1; number >= 0; number--)
        {
            _free.Push(number);
        }

        _interval = (long)(Stopwatch.Frequency / _rate);
        long offered = (long)(duration.TotalSeconds * _rate);
        long start = Stopwatch.GetTimestamp() + _interval;
        long end = start + (long)(duration.TotalSeconds * Stopwatch.Frequency);

        long started = Offer(start, end, offered, cancellation);
        Drain(started, cancellation);

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long answered = Latencies.Count;
        CountTheUnanswered(start, started, offered);
        return new LoadResult
        {
            Requests = answered,
            Offered = offered,
            Seconds = seconds,
            Latency = LatencySummary.Of(Latencies),
            ClientLag = _lag.Percentile(0.99) / 1e3,
            Error = Error,
        };
    }

    /// <summary>Starts each request when it is due, or as soon after that as a connection is free.</summary>
    private long Offer(long start, long end, long offered, CancellationToken cancellation)
    {
        long started = 0L;
        bool connectionWasFree = true;
        while (started < offered && !HasFailed)
        {
            cancellation.ThrowIfCancellationRequested();
            long due = IntendedStart(start, started);
            long now = Stopwatch.GetTimestamp();
            if (now >= end)
            {
                break;
            }

            if (now < due)
            {
                connectionWasFree = true;
                Turn(SleepUntil(due, now));
            }
            else if (_free.TryPop(out int number))
            {
                // Late with a connection free all the while is the client's own doing; late for want of one is the server's.
                if (connectionWasFree)
                {
                    _lag.Record(Nanoseconds(now - due));
                }

                Send(number, due);
                started++;

                // The answers must not wait for a client that is busy catching up.
                if (now - due > _interval)
                {
                    Turn(TimeSpan.Zero);
                }
            }
            else
            {
                connectionWasFree = false;
                Turn(TimeSpan.FromMilliseconds(1));
            }
        }

        return started;
    }

    private void Drain(long started, CancellationToken cancellation)
    {
        long from = Stopwatch.GetTimestamp();
        while (Latencies.Count + Lost < started && !HasFailed && Stopwatch.GetElapsedTime(from) < Grace)
        {
            cancellation.ThrowIfCancellationRequested();
            Turn(TimeSpan.FromMilliseconds(10));
        }
    }

    private void CountTheUnanswered(long start, long started, long offered)
    {
        long now = Stopwatch.GetTimestamp();
        for (int number = 0; number < Count; number++)
        {
            if (IntendedOf(number) is { } intended)
            {
                Latencies.Record(Nanoseconds(now - intended));
            }
        }

        for (long request = started; request < offered; request++)
        {
            Latencies.Record(Nanoseconds(now - IntendedStart(start, request)));
        }
    }

    protected override void OnFree(int number) => _free.Push(number);

    private long IntendedStart(long start, long request) => start + (long)(request * Stopwatch.Frequency / _rate);

    /// <summary>
    /// Sleeps while there is time; the rest is spun, since a sleep ends late by the timer's slack (50 µs) and the wake-up.
    /// </summary>
    private static TimeSpan SleepUntil(long due, long now)
    {
        TimeSpan left = Stopwatch.GetElapsedTime(now, due) - Spun;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private static long Nanoseconds(long ticks) => ticks * (1_000_000_000 / Stopwatch.Frequency);
}
