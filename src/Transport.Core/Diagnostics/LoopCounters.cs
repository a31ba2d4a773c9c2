namespace Transport.Core.Diagnostics;

/// <summary>
/// What one loop counts. Plain fields with one writer, the loop's thread, so that counting costs an addition;
/// <see cref="TransportMetrics"/> reads them when somebody listens.
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

    /// <summary>Threads other than the loop's send too, hence interlocked.</summary>
    public long BytesSent;
    public long Waits;
    public long Events;
    public long SpuriousReports;
    public long PausedConnections;

    /// <summary>Written by whoever wakes, hence interlocked.</summary>
    public long WakeUps;

    /// <summary>Application threads that the loop has at this moment. Written under the scheduler's lock.</summary>
    public long Workers;
}
