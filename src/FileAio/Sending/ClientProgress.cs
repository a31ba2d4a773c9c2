namespace FileAio.Sending;

/// <summary>
/// Decides whether a client that a flush waits for still reads, from the bytes that its peer has acknowledged. Two rules, each of which
/// can be off:
/// <list type="bullet">
/// <item>Silence: no byte acknowledged for the send timeout. A receiver with a full buffer announces room again only when a whole segment
/// fits, so the timeout is extended by the time that a segment takes at the minimum rate, and at most doubled. (A segment is 64 KiB on
/// loopback: a reader of 1 KB/s is silent for 64 s there.)</item>
/// <item>Minimum rate: each acknowledged byte earns its time at the rate, up to ten minutes in advance, and time spent waiting is taken
/// off. Acknowledged is all that the client has read and what its kernel holds: a client that never reads slower than the rate cannot run
/// out, however large its buffer.</item>
/// </list>
/// Not thread-safe: its owner has a lock.
/// </summary>
internal sealed class ClientProgress(TimeSpan timeout, double? bytesPerSecond, TimeSpan grace)
{
    /// <summary>A guess. Covers a receive buffer of 6 MiB, which announces room in steps of 1/16, at 660 bytes/s.</summary>
    private static readonly TimeSpan MostEarned = TimeSpan.FromMinutes(10);

    // Kestrel's default: the rate for the extension of the timeout, where no minimum is set.
    private const double DefaultRate = 240;

    private const double LongestEarning = 1e9; // seconds; keeps a TimeSpan from overflowing

    private readonly TimeSpan _most = grace > MostEarned ? grace : MostEarned;
    private TimeSpan _earned = grace, _silent;
    private long _acknowledged;

    /// <summary>Time earned that has not been waited yet.</summary>
    public TimeSpan Earned => _earned;

    /// <summary>A flush begins to wait: what was written before it has gone to the kernel meanwhile.</summary>
    public void Flushing() => _silent = TimeSpan.Zero;

    /// <summary>Bytes taken where no acknowledgements can be seen: those of flushes that have completed.</summary>
    public void Flushed(long bytes) => Earn(bytes);

    /// <summary>So much time was spent waiting.</summary>
    public void Waited(TimeSpan time)
    {
        _silent += time;
        _earned -= time;
    }

    /// <summary>Bytes that the peer has acknowledged since the connection began.</summary>
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
