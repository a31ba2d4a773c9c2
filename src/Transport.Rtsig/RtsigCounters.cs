namespace Transport.Rtsig;

/// <summary>What one loop on real-time signals counts beyond what every loop does. Written by the loop's thread alone.</summary>
internal sealed class RtsigCounters
{
    public long Signals;
    public long Overflows;
    public long Swept;
    public long Hushed;
}
