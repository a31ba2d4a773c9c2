namespace FileAio;

/// <summary>Specifies the precision of the modification time in entity tags.</summary>
public enum ETagPrecision
{
    /// <summary>
    /// Modification time in nanoseconds, and size. A file that is changed twice within a second gets two tags. The default.
    /// </summary>
    Nanoseconds,

    /// <summary>
    /// Modification time in seconds, and size, as in nginx (<c>"65536c80-3e8"</c>). Several servers behind a load balancer send the same
    /// tag for a file if its modification time is the same on all. A change within the same second that keeps the size keeps the tag.
    /// </summary>
    Seconds,
}
