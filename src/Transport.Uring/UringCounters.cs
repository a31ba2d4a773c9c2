namespace Transport.Uring;

/// <summary>What one loop on io_uring counts beyond what every loop does. Written by the loop's thread alone.</summary>
internal sealed class UringCounters
{
    public long Submissions;
    public long Overflows;
    public long BufferShortages;
    public long Shortages;
    public long RepeatedCancellations;
}
