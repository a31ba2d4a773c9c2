namespace Transport.Core.Diagnostics;

/// <summary>
/// The counters of one event loop. The thread that leads the loop writes the plain fields, so counting needs no interlocked operation.
/// Counters that other threads write often have a cache line of their own. <see cref="TransportMetrics"/> reads them when a listener
/// collects.
/// </summary>
internal sealed class LoopCounters
{
    /// <summary>Interlocked: after an end point is bound again, the old loop still has connections to close.</summary>
    public long Connections;
    public long BytesReceived;

    /// <summary>Bytes sent by the loop. Bytes that other threads sent are in <see cref="BytesSentElsewhere"/>.</summary>
    public long BytesSent;
    /// <summary>The part of the bytes sent that sendfile(2) read from files. Interlocked.</summary>
    public long FileBytesSent;

    /// <summary>Calls of sendfile(2) that took longer than <see cref="Loops.Sockets.OutputCalls.SlowCall"/>. Interlocked.</summary>
    public long SlowFileSends;
    public long Waits;
    public long Events;
    public long SpuriousReports;
    public long PausedConnections;
    public long Spins;
    public long SpinHits;
    public long Yields;
    public long TakeOvers;
    public long Merges;

    /// <summary>
    /// The application threads of the loop, without the thread that leads it. Written under the scheduler's lock, or interlocked.
    /// </summary>
    public long Workers;

    /// <summary>Bytes that threads other than the loop's sent. Interlocked.</summary>
    public PaddedLong BytesSentElsewhere;

    /// <summary>Written by every thread that wakes the loop. Interlocked.</summary>
    public PaddedLong WakeUps;
}
