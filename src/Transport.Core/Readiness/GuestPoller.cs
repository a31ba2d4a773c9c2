using Transport.Core.Diagnostics;
using Transport.Core.Loops.Merging;

namespace Transport.Core.Readiness;

/// <summary>The poller of a loop that is merged with this one, among the sockets of this one.</summary>
internal sealed class GuestPoller(Guest guest, LoopCounters counters) : IReadinessSocket
{
    public int Key
    {
        get => guest.Key;
        set => guest.Key = value;
    }

    public void OnReady(Readiness readiness)
    {
        guest.IsReady = true;

        // The guest counts what it finds.
        counters.Events--;
    }

    public void Continue()
    {
    }

    /// <summary>The descriptor is the guest's to close.</summary>
    public void Close()
    {
    }
}
