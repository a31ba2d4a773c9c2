namespace Transport.Core;

/// <summary>How new connections spread over the loops.</summary>
public enum AcceptStrategy
{
    /// <summary>
    /// A listening socket a loop, by SO_REUSEPORT: the kernel chooses by a hash of the addresses. Only for IP end points bound by the
    /// transport itself; elsewhere <see cref="Shared"/> takes its place. A second process on the same port still gets "address already in
    /// use".
    /// </summary>
    ReusePort,

    /// <summary>
    /// One listening socket that every loop accepts from; where the model can (EPOLLEXCLUSIVE), a client wakes one loop only.
    /// </summary>
    Shared,

    /// <summary>One loop accepts and hands connections to all in turn: the evenest spread.</summary>
    RoundRobin,
}
