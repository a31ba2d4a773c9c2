namespace FileAio;

/// <summary>How files are read that are not in the page cache: nginx's <c>aio</c>.</summary>
public enum AioMode
{
    /// <summary>
    /// Kernel AIO (io_submit) for direct reads, threads for buffered ones. Where the kernel refuses io_setup, threads read both, and a
    /// warning says why. nginx: <c>aio on</c>.
    /// </summary>
    On,

    /// <summary>
    /// Plain buffered reads on the thread that serves the request, which waits for the disk. No direct reads. nginx: <c>aio off</c>,
    /// without <c>directio</c>.
    /// </summary>
    Off,

    /// <summary>pread(2) on threads of their own, direct or buffered. nginx: <c>aio threads</c>.</summary>
    Threads,

    /// <summary>glibc's POSIX AIO (2.34 or later, else threads). For comparison: it reads one descriptor by one thread at a time.</summary>
    Posix,
}
