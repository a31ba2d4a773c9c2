namespace Transport.Core.Loops.Merging;

/// <summary>Specifies how a guest's turn on its host's thread has ended.</summary>
internal enum GuestTurn
{
    /// <summary>The guest rests, and its descriptor becomes readable when it has something to do.</summary>
    Resting,

    /// <summary>It rests, but has more to do.</summary>
    Again,

    /// <summary>It rests, and needs a thread of its own: it ends, it has failed, or has reached MaxWorkers.</summary>
    Leaving,

    /// <summary>Another thread owns it.</summary>
    Elsewhere,
}
