namespace FileAio;

/// <summary>Specifies whether the page cache is used for files that are large enough for direct reads.</summary>
public enum CacheProbe
{
    /// <summary>
    /// The page cache is not used: large files are read from the device. The default, and the behaviour of nginx's <c>directio</c>.
    /// </summary>
    Off,

    /// <summary>
    /// The cached beginning of a range is sent from the page cache (preadv2 with RWF_NOWAIT; Linux 4.14, and a filesystem that supports
    /// it). The rest is read from the device.
    /// </summary>
    NoWait,
}
