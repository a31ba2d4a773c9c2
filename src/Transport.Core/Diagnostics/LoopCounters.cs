namespace Transport.Core.Diagnostics;

/// <summary>
/// What one loop counts. Plain fields with one writer, the thread that leads the loop, so that counting costs an addition; what other threads
/// write often has a cache line of its own. <see cref="TransportMetrics"/> reads them when somebody listens.
/// </summary>
internal sealed class LoopCounters
{
    /// <summary>Interlocked: when a transport is bound anew, the old loop still has its last connections.</summary>
    public long Connections;
    public long Accepts;
    public long AcceptErrors;
    public long AcceptPauses;
    public long ConnectionsRefused;
    public long BytesReceived;

    /// <summary>Sent by the loop. Other threads' sends are in <see cref="BytesSentElsewhere"/>.</summary>
    public long BytesSent;
    /// <summary>Of those, bytes that sendfile(2) took from files; interlocked too.</summary>
    public long FileBytesSent;

    /// <summary>Calls of sendfile(2) that took longer than <see cref="Loops.OutputCalls.SlowCall"/>; interlocked too.</summary>
    public long SlowFileSends;
    public long Waits;
    public long Events;
    public long SpuriousReports;
    public long PausedConnections;
    public long Spins;
    public long SpinHits;
    public long TakeOvers;

    /// <summary>
    /// Threads of the loop's own that run application code or may be called to, beside the one that leads it. Written under the scheduler's
    /// lock, or interlocked.
    /// </summary>
    public long Workers;

    /// <summary>Sent by other threads than the loop's, hence interlocked.</summary>
    public PaddedLong BytesSentElsewhere;

    /// <summary>Written by whoever wakes, hence interlocked.</summary>
    public PaddedLong WakeUps;
}
