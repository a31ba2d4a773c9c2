namespace Transport.Uring;

/// <summary>Which of a socket's operations a completion belongs to.</summary>
internal enum OperationKind : byte
{
    /// <summary>The loop's own: the eventfd.</summary>
    Wake,

    /// <summary>A receive, or what waits for clients. One may be under way.</summary>
    Incoming,

    /// <summary>A send. One may be under way.</summary>
    Outgoing,
}
