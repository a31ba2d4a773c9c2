namespace Transport.Rtsig;

/// <summary>Represents a queued signal.</summary>
/// <param name="Descriptor">The descriptor's number when it was armed. It may have been closed and reused since.</param>
/// <param name="Band">The event, in poll(2)'s bits.</param>
/// <param name="IsOverflow">SIGIO: the queue was full, and signals were lost.</param>
internal readonly record struct QueuedSignal(int Descriptor, int Band, bool IsOverflow);
