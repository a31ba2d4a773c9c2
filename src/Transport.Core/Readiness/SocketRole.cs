namespace Transport.Core.Readiness;

/// <summary>What a watched descriptor is to its loop.</summary>
internal enum SocketRole
{
    /// <summary>A connected socket: both directions matter.</summary>
    Connection,

    /// <summary>A listening socket that this loop alone accepts from.</summary>
    Listener,

    /// <summary>A listening socket that several loops accept from: a model that can wake only one of them for a client should.</summary>
    SharedListener,

    /// <summary>Not a socket: the loop's <see cref="Loops.Waker"/>. A model that never sleeps does not watch it.</summary>
    Waker,
}
