using System.Collections.Concurrent;

namespace FileAio.Diagnostics;

/// <summary>
/// Lets one line a minute through for each cause: clients must not be able to fill a disk with what they make fail. Causes are event ids
/// with error numbers, so there are few.
/// </summary>
internal sealed class LogThrottle(TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(int Event, int Errno), Cause> _causes = new();

    /// <summary>True where the line is to be written.</summary>
    /// <param name="eventId">The line's event id.</param>
    /// <param name="errno">The error number; 0 for none.</param>
    /// <param name="suppressed">How many of the cause were not written since the last that was.</param>
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
