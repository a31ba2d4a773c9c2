namespace Transport.Core.Interop;

/// <summary>The calls on files that sendfile needs: spans and numbers in, <see cref="SysResult"/> out, no pointer beyond this file.</summary>
internal static unsafe class FileCalls
{
    /// <summary>
    /// sendfile(2): copies at most <paramref name="count"/> bytes of the file at <paramref name="offset"/> to the socket. 0 is the file's
    /// end. The file's own position is neither used nor moved, so that any number of connections may share a descriptor. EINTR is retried.
    /// </summary>
    /// <remarks>
    /// It waits for the disk where the page cache does not hold the bytes, whatever O_NONBLOCK says of the socket. Unlike send(2) it has no
    /// MSG_NOSIGNAL; the runtime ignores SIGPIPE, so a peer that left is EPIPE here too.
    /// </remarks>
    public static SysResult SendFile(int socket, int file, long offset, long count)
    {
        SysResult result;
        do
        {
            long position = offset;
            result = SysResult.From(Libc.sendfile(socket, file, &position, (nuint)count));
        }
        while (result.Errno == Errno.EINTR);
        return result;
    }

    /// <summary>
    /// preadv2(2) with RWF_NOWAIT: what the page cache holds, without waiting for the disk; −EAGAIN if that is nothing. −EOPNOTSUPP: the
    /// file system does not support the flag. EINTR is retried.
    /// </summary>
    public static SysResult ReadNoWait(int file, Span<byte> buffer, long offset)
    {
        SysResult result;
        do
        {
            // SAFETY: fixed keeps the span's memory in place for the call.
            fixed (byte* start = buffer)
            {
                iovec piece = new() { iov_base = start, iov_len = (nuint)buffer.Length };
                result = SysResult.From(Libc.preadv2(file, &piece, 1, offset, Libc.RWF_NOWAIT));
            }
        }
        while (result.Errno == Errno.EINTR);
        return result;
    }

    /// <summary>
    /// cachestat(2): how many pages of the range the page cache holds. −ENOSYS before Linux 6.5; −EPERM for a process that neither owns the
    /// file nor may write it (since 6.15), or from a filter of system calls.
    /// </summary>
    public static SysResult CachedPages(int file, long offset, long length)
    {
        Libc.cachestat_range range = new() { off = (ulong)offset, len = (ulong)length };
        Libc.cachestat found;
        SysResult result = SysResult.From(Libc.syscall_cachestat(RawSyscalls.SYS_cachestat, file, &range, &found, 0));
        return result.IsError ? result : new SysResult((nint)found.nr_cache);
    }
}
