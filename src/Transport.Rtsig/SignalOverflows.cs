using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Transport.Rtsig;

/// <summary>What a loop makes of a full queue: each time is counted, and a warning begins each episode.</summary>
internal sealed partial class SignalOverflows(RtsigCounters counters, ILogger logger, string loop)
{
    /// <summary>
    /// Overflows less than this apart are one episode: a queue that is too short is full hundreds of times a second. A guess.
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
        "{Loop}: the queue of real-time signals is full. All processes of this user share {Limit} places (RLIMIT_SIGPENDING, ulimit -i). "
        + "Nothing is lost, since poll finds what the signals missed; a longer queue is faster.",
        EventName = "SignalQueueOverflow")]
    private static partial void QueueOverflowed(ILogger logger, string loop, ulong limit);
}
