namespace FileAio;

/// <summary>What an entity tag is made of.</summary>
public enum ETagPrecision
{
    /// <summary>
    /// Modification time in nanoseconds, and size: a file that is changed twice within a second has two tags. The default.
    /// </summary>
    Nanoseconds,

    /// <summary>
    /// Modification time in seconds, and size, as nginx writes it (<c>"65536c80-3e8"</c>): so that servers behind one balancer give one
    /// file one tag, if its modification time is the same on all. A change within the second that keeps the size keeps the tag.
    /// </summary>
    Seconds,
}
