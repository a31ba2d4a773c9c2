namespace Transport.Core.Diagnostics;

/// <summary>
/// The counters of one end point on one event loop. The thread that leads the loop writes them, so counting needs no interlocked operation.
/// </summary>
internal sealed class ListenerCounters
{
    public long Accepts;
    public long AcceptErrors;
    public long AcceptPauses;
    public long ConnectionsRefused;
}
