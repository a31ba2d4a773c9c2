namespace Transport.Core;

/// <summary>Specifies how new connections are distributed over the event loops.</summary>
public enum AcceptStrategy
{
    /// <summary>
    /// One listening socket for each loop (SO_REUSEPORT): the kernel selects one by a hash of the addresses. Applies to IP end points that
    /// the transport binds itself; for others <see cref="Shared"/> is used instead. A second process on the same port still fails with
    /// "address already in use".
    /// </summary>
    ReusePort,

    /// <summary>
    /// One listening socket from which every loop accepts. Where the model supports it (EPOLLEXCLUSIVE), a client wakes one loop only.
    /// </summary>
    Shared,

    /// <summary>One loop accepts and assigns connections to all loops in turn: the most even distribution.</summary>
    RoundRobin,
}
