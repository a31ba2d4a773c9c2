namespace FileAio;

/// <summary>
/// Whether files are sent by sendfile(2): over HTTP/1.x without TLS, on a transport of this project, with a body that nobody wraps.
/// Elsewhere all files are read. nginx: <c>sendfile</c>.
/// </summary>
public enum SendFileMode
{
    /// <summary>
    /// What the page cache holds goes by sendfile, whatever the file's size; what it does not is read, by O_DIRECT from
    /// <see cref="DirectIoFileOptions.DirectIoThreshold"/> on. Each chunk is asked about (cachestat(2), Linux 6.5; before, or for files that
    /// the process may not write, RWF_NOWAIT for its last byte). The default.
    /// </summary>
    Auto,

    /// <summary>
    /// As in nginx with <c>sendfile on</c>: files below <see cref="DirectIoFileOptions.DirectIoThreshold"/> go by sendfile without being
    /// asked about, and the thread that sends waits for the disk where the page cache has not got them; the others are read directly.
    /// </summary>
    On,

    /// <summary>All files are read.</summary>
    Off,
}
