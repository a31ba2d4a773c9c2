namespace Transport.Core.Interop.Threads;

/// <summary>
/// <see cref="Futex"/> implemented with monitors, for architectures whose system call number is not known. Words share a fixed number of
/// monitors by address, so a wake-up may also end waits for other words; every caller tests its word again.
/// </summary>
internal static unsafe class ManagedFutex
{
    private static readonly object[] s_gates = [.. Enumerable.Range(0, 64).Select(static _ => new object())];

    /// <inheritdoc cref="Futex.Wait"/>
    public static void Wait(int* word, int value, TimeSpan atMost)
    {
        object gate = GateOf(word);
        lock (gate)
        {
            if (Volatile.Read(ref *word) == value)
            {
                Monitor.Wait(gate, atMost);
            }
        }
    }

    /// <summary>Wakes every thread that sleeps on <paramref name="word"/>. The caller has changed the word before.</summary>
    public static void Wake(int* word)
    {
        object gate = GateOf(word);
        lock (gate)
        {
            Monitor.PulseAll(gate);
        }
    }

    private static object GateOf(int* word) => s_gates[(int)(((nuint)word >> 3) % (nuint)s_gates.Length)];
}
