namespace Transport.Uring;

/// <summary>Specifies how connections receive.</summary>
public enum UringReceive
{
    /// <summary>
    /// A connection starts as with <see cref="SingleIntoRing"/>. After 16 requests that fit in a buffer each, it receives as with <see
    /// cref="MultishotIntoRing"/>, until it pauses or sends a large request. The default.
    /// </summary>
    Auto,

    /// <summary>
    /// One multishot receive for many requests (Linux 6.0). It takes buffers of the ring regardless of back-pressure, so it is cancelled
    /// when the connection pauses, and the buffers it has filled by then stay in use until the application has read enough.
    /// </summary>
    MultishotIntoRing,

    /// <summary>
    /// Receives go directly into the connection's memory: nothing is copied, and an idle connection holds a block of the memory pool.
    /// </summary>
    IntoPipe,

    /// <summary>
    /// A receive takes a buffer of the ring when there is data. While more data is available than a buffer holds, receives go directly into
    /// the connection's memory.
    /// </summary>
    SingleIntoRing,
}
