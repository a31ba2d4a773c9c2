namespace Transport.Blocking;

/// <summary>The counters of a blocking loop, in addition to those of every loop. Many threads write them; interlocked.</summary>
internal sealed class BlockingCounters
{
    public long Threads;
    public long ThreadsRefused;
    public long AcceptWaits;
}
