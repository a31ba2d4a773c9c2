namespace Transport.Blocking;

/// <summary>What one blocking loop counts beyond what every loop does. Written by many threads, hence interlocked.</summary>
internal sealed class BlockingCounters
{
    public long Threads;
    public long ThreadsRefused;
    public long AcceptWaits;
}
