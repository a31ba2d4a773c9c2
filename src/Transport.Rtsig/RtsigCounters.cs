namespace Transport.Rtsig;

/// <summary>The counters of an rtsig loop, in addition to those of every loop. Only the loop's thread writes them.</summary>
internal sealed class RtsigCounters
{
    public long Signals;
    public long Overflows;
    public long Swept;
    public long Disarmed;
}
