namespace Transport.Uring.Diagnostics;

/// <summary>The counters of an io_uring loop, in addition to those of every loop. Only the loop's thread writes them.</summary>
internal sealed class UringCounters
{
    public long Submissions;
    public long Overflows;
    public long BufferShortages;
    public long Shortages;
    public long RepeatedCancellations;
    public long ZeroCopySends;
    public long ZeroCopyRefusals;
}
