namespace Transport.Core.Loops;

/// <summary>What a socket is to its loop.</summary>
internal enum SocketRole
{
    /// <summary>A connected socket: both directions matter.</summary>
    Connection,

    /// <summary>A listening socket that this loop alone accepts from.</summary>
    Listener,

    /// <summary>A listening socket that several loops accept from: a model that can wake only one of them for a client should.</summary>
    SharedListener,

    /// <summary>No socket at all: the loop's <see cref="Waker"/>. A model that never sleeps need not look at it.</summary>
    Waker,
}
