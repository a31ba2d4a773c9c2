namespace Transport.Core.Listening;

/// <summary>
/// The accept loops of the whole process that wait for a descriptor: of all event loops, listeners and transports, since the limit is the
/// process's. A connection that closes resumes the one that has waited longest.
/// </summary>
/// <remarks>
/// One accept loop is enough: it accepts until the descriptors are used up again, and the others look again by their own timers, within a
/// second. Waking all of them for each connection would be a storm when thousands close.
/// </remarks>
internal static class PausedAccepting
{
    private static readonly Lock Gate = new();
    private static readonly List<AcceptLoop> Waiting = [];
    private static int s_count;

    /// <summary>Registers an accept loop, before it makes its last test: a descriptor that returns after the test is not missed.</summary>
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

    /// <summary>A connection has closed its descriptor. Any thread; costs a read of a field while nobody waits.</summary>
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
