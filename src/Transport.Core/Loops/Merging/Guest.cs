namespace Transport.Core.Loops.Merging;

/// <summary>A loop that is merged with another, as its host sees it. Of the host's leader.</summary>
internal sealed class Guest(EventLoop loop)
{
    public EventLoop Loop => loop;

    /// <summary>The key of its events among those of the host's sockets; −1 if it is not registered.</summary>
    public int Key { get; set; } = -1;

    /// <summary>It has, or may have, something to do: the host's next iteration runs a turn of it.</summary>
    public bool IsReady { get; set; }

    /// <summary>The host could not register its descriptor, or ends: the guest is to part.</summary>
    public bool MustPart { get; set; }
}
