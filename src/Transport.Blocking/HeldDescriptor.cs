using Transport.Core.Interop.Sockets;

namespace Transport.Blocking;

/// <summary>
/// A descriptor that its last user closes, the loop or a thread. If it were closed while a thread is in a call on it, the thread's next
/// call might use another socket with the same number.
/// </summary>
/// <param name="descriptor">The descriptor.</param>
/// <param name="closed">Called when it is closed. Any thread.</param>
internal sealed class HeldDescriptor(int descriptor, Action closed)
{
    /// <summary>The number of users: the loop, and every running thread.</summary>
    private int _users = 1;

    public int Number => descriptor;

    /// <summary>Adds a thread as a user. Any thread.</summary>
    /// <returns>False if it is closed.</returns>
    public bool TryHold()
    {
        int users = Volatile.Read(ref _users);
        while (users > 0)
        {
            int before = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (before == users)
            {
                return true;
            }

            users = before;
        }

        return false;
    }

    /// <summary>Removes a user. Any thread.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            SocketCalls.Close(descriptor);
            closed();
        }
    }
}
