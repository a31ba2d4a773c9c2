using System.Diagnostics;
using System.Net;
using Bench.Load;

namespace Bench.Clients;

/// <summary>
/// An open loop: requests start at a fixed rate, whether or not earlier requests have been answered, and latency counts from the intended
/// start. A stall of half a second therefore delays every request of that time; a closed loop would record one slow request for each
/// connection.
/// </summary>
internal sealed class OpenLoop : ClientLoop
{
    /// <summary>How long the loop waits at the end for responses to requests that were sent.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>The last part of a wait, which is spent polling.</summary>
    private static readonly TimeSpan Spun = TimeSpan.FromMicroseconds(150);

    private readonly double _rate;
    private readonly Stack<int> _free = new();
    private readonly LatencyHistogram _lag = new();
    private readonly LatencyHistogram? _early;
    private readonly LatencyHistogram? _late;
    private long _interval;
    private long _lateFrom;

    /// <param name="server">The address of the server.</param>
    /// <param name="exchange">The request.</param>
    /// <param name="connections">The number of connections. A request that finds none free waits, and its latency includes the
    /// wait.</param>
    /// <param name="rate">Requests per second.</param>
    /// <param name="splitFirstSecond">Whether the latencies of the first second and of the rest are reported separately as well.</param>
    public OpenLoop(IPEndPoint server, Exchange exchange, int connections, double rate, bool splitFirstSecond = false)
        : base(server, exchange, connections)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rate);
        _rate = rate;
        (_early, _late) = splitFirstSecond ? (new LatencyHistogram(), new LatencyHistogram()) : (null, null);
    }

    /// <summary>Runs for the given time. Requests that are not answered by then are recorded with the time that they have waited.</summary>
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
        _lateFrom = start + Stopwatch.Frequency;

        long started = Offer(start, end, offered, cancellation);
        Drain(started, cancellation);

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long answered = Latencies.Count;
        RecordUnanswered(start, started, offered);
        return new LoadResult
        {
            Requests = answered,
            Offered = offered,
            Seconds = seconds,
            Latency = LatencySummary.Of(Latencies),
            FirstSecond = _early is { Count: > 0 } early ? LatencySummary.Of(early) : null,
            AfterFirstSecond = _late is { Count: > 0 } late ? LatencySummary.Of(late) : null,
            ClientLag = _lag.Percentile(0.99) / 1e3,
            Error = Error,
        };
    }

    /// <summary>Starts each request when it is due, or when a connection becomes free after that.</summary>
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
                Poll(SleepUntil(due, now));
            }
            else if (_free.TryPop(out int number))
            {
                // A delay counts as lag of the client only if a connection was free all the time.
                if (connectionWasFree)
                {
                    _lag.Record(Nanoseconds(now - due));
                }

                Send(number, due);
                started++;

                // A client that is late must still read responses.
                if (now - due > _interval)
                {
                    Poll(TimeSpan.Zero);
                }
            }
            else
            {
                connectionWasFree = false;
                Poll(TimeSpan.FromMilliseconds(1));
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
            Poll(TimeSpan.FromMilliseconds(10));
        }
    }

    private void RecordUnanswered(long start, long started, long offered)
    {
        long now = Stopwatch.GetTimestamp();
        for (int number = 0; number < Count; number++)
        {
            if (IntendedOf(number) is { } intended)
            {
                Record(intended, Nanoseconds(now - intended));
            }
        }

        for (long request = started; request < offered; request++)
        {
            Record(IntendedStart(start, request), Nanoseconds(now - IntendedStart(start, request)));
        }
    }

    protected override void OnFree(int number) => _free.Push(number);

    protected override void Record(long intended, long nanoseconds)
    {
        base.Record(intended, nanoseconds);
        (intended < _lateFrom ? _early : _late)?.Record(nanoseconds);
    }

    private long IntendedStart(long start, long request) => start + (long)(request * Stopwatch.Frequency / _rate);

    /// <summary>
    /// Returns how long to sleep. The rest is spent polling, because a sleep ends late by the timer slack (50 µs) and the wake-up.
    /// </summary>
    private static TimeSpan SleepUntil(long due, long now)
    {
        TimeSpan left = Stopwatch.GetElapsedTime(now, due) - Spun;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private static long Nanoseconds(long ticks) => ticks * (1_000_000_000 / Stopwatch.Frequency);
}
