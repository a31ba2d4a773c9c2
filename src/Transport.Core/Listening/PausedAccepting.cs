namespace Transport.Core.Listening;

/// <summary>
/// The queue of accept loops that wait for a descriptor, over all event loops, listeners and transports, since the limit is that of the
/// process. A connection that closes resumes the one that has waited longest.
/// </summary>
/// <remarks>
/// Resuming one accept loop is enough: it accepts until no descriptor is left, and the others retry by their own timers, within a second.
/// Waking all of them for each connection would cause many useless wake-ups when thousands close.
/// </remarks>
internal static class PausedAccepting
{
    private static readonly Lock Gate = new();
    private static readonly List<AcceptLoop> Waiting = [];
    private static int s_count;

    /// <summary>Adds an accept loop, before its last test: a descriptor that is closed after the test then resumes it.</summary>
    public static void Add(AcceptLoop acceptLoop)
    {
        lock (Gate)
        {
            if (!Waiting.Contains(acceptLoop))
            {
                Waiting.Add(acceptLoop);
                Volatile.Write(ref s_count, Waiting.Count);
            }
        }
    }

    public static void Remove(AcceptLoop acceptLoop)
    {
        lock (Gate)
        {
            Waiting.Remove(acceptLoop);
            Volatile.Write(ref s_count, Waiting.Count);
        }
    }

    /// <summary>Resumes an accept loop after a connection has closed its descriptor. Any thread. Reads one field if none waits.</summary>
    public static void DescriptorReturned()
    {
        if (Volatile.Read(ref s_count) > 0)
        {
            ResumeLongestWaiting();
        }
    }

    private static void ResumeLongestWaiting()
    {
        AcceptLoop next;
        lock (Gate)
        {
            if (Waiting.Count == 0)
            {
                return;
            }

            next = Waiting[0];
            Waiting.RemoveAt(0);
            Volatile.Write(ref s_count, Waiting.Count);
        }

        next.Resume();
    }
}
