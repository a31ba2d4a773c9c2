namespace Transport.Core.Listening;

/// <summary>Represents one connection in the count of <see cref="ConnectionLimits"/>.</summary>
internal sealed class ConnectionAdmission(ConnectionLimits limits, UInt128? key)
{
    private bool _ended;

    /// <summary>Removes the connection from the count, once, when it is closed or could not be started. Any thread.</summary>
    public void End()
    {
        if (!Interlocked.Exchange(ref _ended, true))
        {
            limits.End(key);
        }
    }
}
