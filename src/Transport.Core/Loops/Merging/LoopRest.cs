namespace Transport.Core.Loops.Merging;

/// <summary>
/// Whether a loop that is merged with another rests between two of its turns: no thread owns it then, and the one that claims it owns it.
/// One word, changed by compare-and-swap, since the thread that ran its last turn may have lost the host meanwhile.
/// </summary>
/// <remarks>Claiming and beginning to rest are full fences: what one owner wrote is visible to the next.</remarks>
internal sealed class LoopRest
{
    private const int Owned = 0;
    private const int Resting = 1;

    private int _word;

    /// <summary>The owner owns the loop no more, and must touch nothing of it.</summary>
    public void Begin() => Interlocked.Exchange(ref _word, Resting);

    /// <returns>Whether the calling thread owns the loop from now on. False when another does.</returns>
    public bool TryClaim() => Interlocked.CompareExchange(ref _word, Owned, Resting) == Resting;
}
