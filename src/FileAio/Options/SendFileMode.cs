namespace FileAio;

/// <summary>
/// Specifies whether files are sent by sendfile(2). It needs HTTP/1.x without TLS, a transport of this project, and a body that no
/// middleware wraps. Otherwise all files are read. nginx: <c>sendfile</c>.
/// </summary>
public enum SendFileMode
{
    /// <summary>
    /// Cached parts of a file of any size are sent by sendfile. Other parts are read, with O_DIRECT if the file has <see
    /// cref="DirectIoFileOptions.DirectIoThreshold"/> bytes or more. Each chunk is looked up by cachestat(2) (Linux 6.5). On older kernels,
    /// or if the process may not write the file, its last byte is read with RWF_NOWAIT instead. The default.
    /// </summary>
    Auto,

    /// <summary>
    /// Files below <see cref="DirectIoFileOptions.DirectIoThreshold"/> are sent by sendfile without a lookup, as in nginx with <c>sendfile
    /// on</c>. The sending thread waits for the disk if they are not cached. Other files are read directly.
    /// </summary>
    On,

    /// <summary>All files are read.</summary>
    Off,
}
