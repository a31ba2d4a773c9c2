using Transport.Core.Diagnostics;

namespace Transport.Core.Scheduling.Leaders;

/// <summary>
/// Who owns a loop while application code runs on its thread: one word, on which the leader, which runs the code, and the monitor, which
/// hands the loop to another thread when the code does not return, agree by compare-and-swap.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>0: the leader is in the loop's own code, or a follower that was called is about to be. Nobody may take the loop.</item>
/// <item>A sequence number: the leader runs the application's item of that number. The loop is owned by whoever first changes the word
/// back to 0: the leader after the item, or the monitor, which then hands the loop to a follower. Exactly one of them succeeds.</item>
/// <item>Numbers are never used again, so a thread that is late cannot mistake a later item for its own.</item>
/// <item>Every change back to 0 is a full fence: what the old leader wrote before the item is visible to the new one.</item>
/// </list>
/// </remarks>
internal sealed class Leadership
{
    private const long InLoop = 0;

    /// <summary>The monitor reads it while the leader writes.</summary>
    private PaddedLong _word;

    /// <summary>Of the owner of the loop alone.</summary>
    private long _last;

    /// <summary>The number of the last item that was begun. A hint to other threads than the leader.</summary>
    public long Last => Volatile.Read(ref _last);

    /// <summary>An item begins; until <see cref="TryEnd"/> its thread does not own the loop. Leader only.</summary>
    /// <returns>The item's number.</returns>
    public long Begin()
    {
        long sequence = _last + 1;
        Volatile.Write(ref _last, sequence);
        Volatile.Write(ref _word.Value, sequence);
        return sequence;
    }

    /// <summary>The item has ended.</summary>
    /// <returns>False when the loop has been taken: the thread must touch nothing of it.</returns>
    public bool TryEnd(long sequence) => Interlocked.CompareExchange(ref _word.Value, InLoop, sequence) == sequence;

    /// <summary>The number of the item that the leader runs, or 0. Any thread.</summary>
    public long Look() => Volatile.Read(ref _word.Value);

    /// <summary>Takes the loop from the leader if it still runs the item of that number. The caller then calls a follower.</summary>
    public bool TryTake(long sequence) => sequence != InLoop && Interlocked.CompareExchange(ref _word.Value, InLoop, sequence) == sequence;
}
