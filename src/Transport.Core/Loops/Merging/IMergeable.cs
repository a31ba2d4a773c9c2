namespace Transport.Core.Loops.Merging;

/// <summary>A loop that can wait for other loops of its kind. All but <see cref="Descriptor"/> on its own thread.</summary>
internal interface IMergeable
{
    /// <summary>Becomes readable when a wait would return an event; each event is an edge. Any thread.</summary>
    int Descriptor { get; }

    /// <summary>The next wait returns something at once, of which <see cref="Descriptor"/> reports no edge any more.</summary>
    bool HasMoreReady { get; }

    /// <summary>Waits for a guest's descriptor too, from now on: an event makes the guest ready.</summary>
    SysResult Watch(int descriptor, Guest guest);

    /// <summary>Ends that, if it has not ended. The descriptor may have been closed.</summary>
    void Unwatch(int descriptor, Guest guest);
}
