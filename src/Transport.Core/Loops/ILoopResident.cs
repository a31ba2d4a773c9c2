namespace Transport.Core.Loops;

/// <summary>A connection of a loop. The loop does not end before it, and keeps it from being collected.</summary>
internal interface ILoopResident
{
    /// <summary>Closes at once, because the loop has failed and ends. Loop thread.</summary>
    void Evict(Exception reason);
}
