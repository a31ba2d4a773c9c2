using Transport.Core.Interop;

namespace Transport.Core.Loops;

/// <summary>
/// What a loop waits on beside its sockets, so that another thread can end the wait: an eventfd (eventfd(2)), named for the pipe that it
/// replaced.
/// </summary>
internal sealed class Waker : IDisposable
{
    /// <summary>
    /// The owner and whoever is writing: at 0 the descriptor is closed. A late write must never meet a number that is somebody else's by
    /// now.
    /// </summary>
    private int _users = 1;

    public Waker() => Descriptor = (int)EventFd.Create(EventFd.EFD_NONBLOCK).ThrowIfError("eventfd");

    /// <summary>Readable from <see cref="Wake"/> to <see cref="Drain"/>. Each wake-up is an edge, drained or not.</summary>
    public int Descriptor { get; }

    /// <summary>Any thread. EAGAIN would mean a counter of 2⁶⁴−2 wake-ups, so there is no failure to report.</summary>
    public void Wake()
    {
        if (TryUse())
        {
            EventFd.Signal(Descriptor);
            Dispose();
        }
    }

    /// <summary>A second descriptor of the eventfd, the caller's to close; −EBADF when this one is closed. Any thread.</summary>
    public SysResult Duplicate()
    {
        if (!TryUse())
        {
            return SysResult.Error(Errno.EBADF);
        }

        SysResult duplicate = SocketCalls.Duplicate(Descriptor);
        Dispose();
        return duplicate;
    }

    /// <summary>Takes back what <see cref="Wake"/> said. Loop thread.</summary>
    public void Drain() => EventFd.Drain(Descriptor);

    private bool TryUse()
    {
        int users;
        do
        {
            users = Volatile.Read(ref _users);
            if (users == 0)
            {
                return false;
            }
        }
        while (Interlocked.CompareExchange(ref _users, users + 1, users) != users);
        return true;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            SocketCalls.Close(Descriptor);
        }
    }
}
