using Transport.Core.Interop.Sockets;

namespace Transport.Core.Loops.Waiting;

/// <summary>
/// An eventfd(2) that a loop registers beside its sockets, so that another thread can end the loop's wait.
/// </summary>
internal sealed class Waker : IDisposable
{
    /// <summary>
    /// Counts the owner and the threads that are writing: at 0 the descriptor is closed. A late write must never reach a reused number.
    /// </summary>
    private int _users = 1;

    public Waker() => Descriptor = (int)EventFd.Create(EventFd.EFD_NONBLOCK).ThrowIfError("eventfd");

    /// <summary>The eventfd. Readable from <see cref="Wake"/> to <see cref="Drain"/>. Each wake-up is an edge, drained or not.</summary>
    public int Descriptor { get; }

    /// <summary>Wakes the loop. Any thread. EAGAIN would need 2⁶⁴−2 wake-ups, so failures are ignored.</summary>
    public void Wake()
    {
        if (TryUse())
        {
            EventFd.Signal(Descriptor);
            Dispose();
        }
    }

    /// <summary>Duplicates the eventfd; the caller closes the duplicate. −EBADF if this one is closed. Any thread.</summary>
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

    /// <summary>Resets the eventfd after <see cref="Wake"/>. Loop thread.</summary>
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
