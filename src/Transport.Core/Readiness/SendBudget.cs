namespace Transport.Core.Readiness;

/// <summary>
/// Limits the bytes that one kind of output may send in a loop iteration. The rest is sent in the next one. Small responses then do not
/// wait for large ones, nor the loop for one handler whose client reads as fast as it can send.
/// </summary>
internal struct SendBudget
{
    /// <summary>The same figure as h2o's. The waits in between cost little beside copying so many bytes. Not tuned here.</summary>
    private const long Limit = 1024 * 1024;

    private long _sent;

    public readonly bool IsUsedUp => _sent >= Limit;

    public void Use(nint bytes) => _sent += bytes;
}
