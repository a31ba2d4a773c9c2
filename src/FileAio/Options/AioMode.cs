namespace FileAio;

/// <summary>Specifies how files are read that are not in the page cache. nginx: <c>aio</c>.</summary>
public enum AioMode
{
    /// <summary>
    /// Kernel AIO (io_submit) for direct reads, threads for buffered reads. If the kernel refuses io_setup, threads are used for both, and
    /// a warning names the reason. nginx: <c>aio on</c>.
    /// </summary>
    On,

    /// <summary>
    /// Buffered reads on the thread that serves the request, which waits for the disk. There are no direct reads. nginx: <c>aio off</c>,
    /// without <c>directio</c>.
    /// </summary>
    Off,

    /// <summary>pread(2) on dedicated threads, direct or buffered. nginx: <c>aio threads</c>.</summary>
    Threads,

    /// <summary>
    /// POSIX AIO of glibc 2.34 or later; on other systems, threads. Intended for comparison: it reads each descriptor on one thread at a
    /// time, on at most 20 threads for the whole process, and a read that has been submitted is not cancelled when its client
    /// disconnects.
    /// </summary>
    Posix,

    /// <summary>
    /// io_uring for all reads and for opens that miss the dentry cache: they need no thread of the server. Only the
    /// read-ahead of a buffered read may wait in the submission, while the device's queue is full.
    /// If the kernel or a container forbids it, <see cref="On"/> is used, and a warning names the reason.
    /// </summary>
    Uring,
}
