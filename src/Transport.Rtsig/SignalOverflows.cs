using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Transport.Rtsig;

/// <summary>Counts and logs overflows of a loop's queue: each one is counted, and each episode is logged once.</summary>
internal sealed partial class SignalOverflows(RtsigCounters counters, ILogger logger, string loop)
{
    /// <summary>
    /// Overflows with less than this time between them are one episode: a queue that is too short is full hundreds of times a second. An
    /// estimate.
    /// </summary>
    private static readonly TimeSpan EndOfEpisode = TimeSpan.FromSeconds(5);

    private long _last;

    public void Overflowed()
    {
        long now = Stopwatch.GetTimestamp();
        if (counters.Overflows++ == 0 || Stopwatch.GetElapsedTime(_last, now) > EndOfEpisode)
        {
            QueueOverflowed(logger, loop, SignalQueue.Limit);
        }

        _last = now;
    }

    [LoggerMessage(120, LogLevel.Warning,
        "{Loop}: the queue of real-time signals is full. All processes of this user share {Limit} entries (RLIMIT_SIGPENDING, ulimit -i). "
            + "No event is lost: all descriptors are polled. A higher limit improves throughput.",
        EventName = "SignalQueueOverflow")]
    private static partial void QueueOverflowed(ILogger logger, string loop, ulong limit);
}
