namespace Transport.Core.Listening;

/// <summary>One connection in the count of <see cref="ConnectionLimits"/>.</summary>
internal sealed class ConnectionAdmission(ConnectionLimits limits, UInt128? key)
{
    private bool _ended;

    /// <summary>The connection is closed, or was never started. Counts once. Any thread.</summary>
    public void End()
    {
        if (!Interlocked.Exchange(ref _ended, true))
        {
            limits.End(key);
        }
    }
}
