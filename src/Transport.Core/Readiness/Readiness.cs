namespace Transport.Core.Readiness;

/// <summary>What a descriptor may be ready for. A hint each: it may be spurious, it is never missing.</summary>
[Flags]
internal enum Readiness
{
    None = 0,

    /// <summary>A receive or an accept may have something: data, a client, FIN or an error.</summary>
    Readable = 1,

    /// <summary>A send may be taken, or tell of an error.</summary>
    Writable = 2,

    /// <summary>
    /// FIN, an error or urgent data came with the report, in select's word an exceptional condition: a receive that comes back short does
    /// not prove that nothing is left, and an edge-triggered model will not report again what it has reported already.
    /// </summary>
    Exceptional = 4,
}
