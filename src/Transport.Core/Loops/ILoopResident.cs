namespace Transport.Core.Loops;

/// <summary>What lives on a loop and keeps it from ending: a connection. The loop keeps it from being collected.</summary>
internal interface ILoopResident
{
    /// <summary>The loop has failed and ends: close at once. Loop thread.</summary>
    void Evict(Exception reason);
}
