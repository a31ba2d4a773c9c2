using Transport.Core.Interop;

namespace Transport.Blocking;

/// <summary>
/// A descriptor that is closed by whoever releases it last, the loop or a thread: a number that is closed while a thread is in a call on it
/// may be another socket's by the time that the thread makes the next.
/// </summary>
/// <param name="descriptor">The descriptor.</param>
/// <param name="closed">Called once it is closed. Any thread.</param>
internal sealed class HeldDescriptor(int descriptor, Action closed)
{
    /// <summary>The loop, and every thread there is.</summary>
    private int _users = 1;

    public int Number => descriptor;

    /// <summary>One more thread uses the descriptor. Any thread.</summary>
    /// <returns>False when it is closed.</returns>
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

    /// <summary>One user less. Any thread.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            SocketCalls.Close(descriptor);
            closed();
        }
    }
}
