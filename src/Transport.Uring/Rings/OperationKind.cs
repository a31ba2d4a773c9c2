namespace Transport.Uring.Rings;

/// <summary>Specifies which of a socket's operations a completion belongs to.</summary>
internal enum OperationKind : byte
{
    /// <summary>The loop's read of the eventfd.</summary>
    Wake,

    /// <summary>A receive, or the poll of a listener. One may be in flight.</summary>
    Incoming,

    /// <summary>A send. One may be in flight.</summary>
    Outgoing,

    /// <summary>The poll for the peer's end beside a multishot receive. One may be in flight.</summary>
    HangUp,
}
