using System.Collections.Concurrent;

namespace FileAio.Diagnostics;

/// <summary>
/// Limits log messages to one per minute and cause, so that clients cannot fill a disk by causing failures. A cause is an event id with an
/// error number, so there are few.
/// </summary>
internal sealed class LogThrottle(TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(int Event, int Errno), Cause> _causes = new();

    /// <summary>Returns whether the message is to be logged.</summary>
    /// <param name="eventId">The event id of the message.</param>
    /// <param name="errno">The error number; 0 for none.</param>
    /// <param name="suppressed">The number of messages of this cause that were suppressed since the last one.</param>
    public bool Allows(int eventId, int errno, out long suppressed)
    {
        Cause cause = _causes.GetOrAdd((eventId, errno), static _ => new Cause());
        suppressed = 0;
        lock (cause)
        {
            if (cause.Written is { } written && time.GetElapsedTime(written) < Period)
            {
                cause.Suppressed++;
                return false;
            }

            cause.Written = time.GetTimestamp();
            (suppressed, cause.Suppressed) = (cause.Suppressed, 0);
            return true;
        }
    }

    private sealed class Cause
    {
        public long? Written { get; set; }

        public long Suppressed { get; set; }
    }
}
