namespace Transport.Core.Loops.Merging;

/// <summary>A loop that can wait for other loops of its kind. On its own thread, unless a member says otherwise.</summary>
internal interface IMergeable
{
    /// <summary>Becomes readable when a wait would return an event; each event is an edge. Any thread.</summary>
    int Descriptor { get; }

    /// <summary>The next wait returns something at once, of which <see cref="Descriptor"/> reports no edge any more.</summary>
    bool HasMoreReady { get; }

    /// <summary>The loop has closed <see cref="Descriptor"/>, or is about to: a socket may have its number by now. Any thread.</summary>
    bool HasEnded { get; }

    /// <summary>Waits for the descriptor of a guest's loop too, from now on: an event makes the guest ready.</summary>
    SysResult Watch(IMergeable loop, Guest guest);

    /// <summary>Ends that, if it has not ended. The loop may have ended.</summary>
    void Unwatch(IMergeable loop, Guest guest);
}
