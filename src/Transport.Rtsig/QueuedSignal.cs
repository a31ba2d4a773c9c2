namespace Transport.Rtsig;

/// <summary>A signal as it was queued.</summary>
/// <param name="Descriptor">The number that the descriptor had when it was armed. It may have been closed since, and be somebody
/// else's.</param>
/// <param name="Band">What happened to it, in poll(2)'s bits.</param>
/// <param name="IsOverflow">SIGIO: the queue was full, and what it could not take is lost.</param>
internal readonly record struct QueuedSignal(int Descriptor, int Band, bool IsOverflow);
