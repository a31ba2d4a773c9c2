namespace Transport.Core.Readiness;

/// <summary>Specifies what a descriptor may be ready for. Readiness may be spurious but is never missing.</summary>
[Flags]
internal enum Readiness
{
    None = 0,

    /// <summary>A receive or accept may succeed: data, a connection, FIN or an error.</summary>
    Readable = 1,

    /// <summary>A send may succeed, or return an error.</summary>
    Writable = 2,

    /// <summary>
    /// FIN, an error or urgent data came with the event (select's exceptional condition). A short receive then does not prove that the
    /// socket is empty, and an edge-triggered model will not report the same change again.
    /// </summary>
    Exceptional = 4,
}
