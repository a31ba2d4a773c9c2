namespace FileAio;

/// <summary>Whether the page cache is asked for a file that would be read directly.</summary>
public enum CacheProbe
{
    /// <summary>It is not: large files always come from the device. The default, and nginx's <c>directio</c>.</summary>
    Off,

    /// <summary>
    /// It is (preadv2 with RWF_NOWAIT; Linux 4.14, and a filesystem that knows it): what the page cache holds from the range's beginning on
    /// is sent from there, and where it has no more the device is read.
    /// </summary>
    NoWait,
}
