namespace Transport.Core.Readiness;

/// <summary>Specifies what a registered descriptor is.</summary>
internal enum SocketRole
{
    /// <summary>A connected socket: both directions are awaited.</summary>
    Connection,

    /// <summary>A listening socket from which only this loop accepts.</summary>
    Listener,

    /// <summary>A listening socket from which several loops accept: a model that can wake only one of them for a client should.</summary>
    SharedListener,

    /// <summary>The loop's <see cref="Loops.Waiting.Waker"/>, not a socket. A model that never sleeps does not register it.</summary>
    Waker,

    /// <summary>The descriptor of another loop's poller: that loop is merged with this one.</summary>
    Guest,
}
