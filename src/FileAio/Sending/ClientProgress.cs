namespace FileAio.Sending;

/// <summary>
/// Decides whether a client still receives while a flush waits, from the bytes that the peer has acknowledged. Not thread-safe; its owner
/// has a lock.
/// </summary>
/// <remarks>
/// There are two rules, and each can be disabled:
/// <list type="bullet">
/// <item>Silence: no byte was acknowledged within the send timeout. A receiver with a full buffer announces room again only when a whole
/// segment fits. The timeout is therefore extended by the time of one segment at the minimum rate, and at most doubled. (On loopback a
/// segment is 64 KiB: a client that reads 1 KB/s is silent for 64 s.)</item>
/// <item>Minimum rate: each acknowledged byte earns time at the rate, up to ten minutes in advance. Time spent waiting is deducted.
/// Acknowledged bytes are those that the client has read and those in its receive buffer. A client that never reads slower than the rate
/// cannot run out, however large its buffer.</item>
/// </list>
/// </remarks>
internal sealed class ClientProgress(TimeSpan timeout, double? bytesPerSecond, TimeSpan grace)
{
    /// <summary>A guess. It covers a receive buffer of 6 MiB, which announces room in steps of 1/16, at 660 bytes/s.</summary>
    private static readonly TimeSpan MostEarned = TimeSpan.FromMinutes(10);

    // Kestrel's default. The rate that extends the timeout if no minimum is set.
    private const double DefaultRate = 240;

    private const double LongestEarning = 1e9; // seconds; prevents an overflow of TimeSpan

    private readonly TimeSpan _most = grace > MostEarned ? grace : MostEarned;
    private TimeSpan _earned = grace, _silent;
    private long _acknowledged;

    /// <summary>The time that is earned and not yet used for waiting.</summary>
    public TimeSpan Earned => _earned;

    /// <summary>Notes that a flush starts to wait. Earlier bytes have been written to the kernel meanwhile.</summary>
    public void Flushing() => _silent = TimeSpan.Zero;

    /// <summary>Adds the bytes of completed flushes, if acknowledgements are not available.</summary>
    public void Flushed(long bytes) => Earn(bytes);

    /// <summary>Deducts time that was spent waiting.</summary>
    public void Waited(TimeSpan time)
    {
        _silent += time;
        _earned -= time;
    }

    /// <summary>Notes the number of bytes that the peer has acknowledged since the connection started.</summary>
    public void Acknowledged(long bytes)
    {
        if (bytes == _acknowledged)
        {
            return;
        }

        Earn(bytes - _acknowledged);
        _acknowledged = bytes;
        _silent = TimeSpan.Zero;
    }

    public ClientState State(long segment)
    {
        if (bytesPerSecond is not null && _earned < TimeSpan.Zero)
        {
            return ClientState.TooSlow;
        }

        if (timeout <= TimeSpan.Zero)
        {
            return ClientState.Reading;
        }

        TimeSpan announced = TimeSpan.FromSeconds(Math.Min(segment / (bytesPerSecond ?? DefaultRate), timeout.TotalSeconds));
        return _silent >= timeout + announced ? ClientState.Stalled : ClientState.Reading;
    }

    private void Earn(long bytes)
    {
        if (bytesPerSecond is not { } rate)
        {
            return;
        }

        TimeSpan earned = _earned + TimeSpan.FromSeconds(Math.Min(bytes / rate, LongestEarning));
        _earned = earned < _most ? earned : _most;
    }
}
