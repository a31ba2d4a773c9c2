using Transport.Core.Interop.Threads;

namespace Transport.Core.Interop;

/// <summary>
/// System calls on files that sendfile needs. Takes spans and numbers and returns <see cref="SysResult"/>; no pointer leaves this file.
/// </summary>
internal static unsafe class FileCalls
{
    /// <summary>
    /// sendfile(2): copies at most <paramref name="count"/> bytes of the file at <paramref name="offset"/> to the socket. Returns 0 at the
    /// end of the file. The file's own position is neither used nor changed, so any number of connections may share a descriptor. Retries
    /// EINTR.
    /// </summary>
    /// <remarks>
    /// On a page-cache miss it waits for the disk, even if the socket has O_NONBLOCK. Unlike send(2) it has no MSG_NOSIGNAL; the runtime
    /// ignores SIGPIPE, so it also returns EPIPE after the peer has closed.
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
    /// preadv2(2) with RWF_NOWAIT: reads page-cache hits without waiting for the disk. −EAGAIN: none; −EOPNOTSUPP: the file system does not
    /// support the flag, or the architecture's number of the call is not known. Retries EINTR.
    /// </summary>
    public static SysResult ReadNoWait(int file, Span<byte> buffer, long offset)
    {
        if (!RawSyscalls.AreSupported)
        {
            return SysResult.Error(Errno.EOPNOTSUPP);
        }

        SysResult result;
        do
        {
            // SAFETY: fixed keeps the span's memory in place during the call.
            fixed (byte* start = buffer)
            {
                iovec piece = new() { iov_base = start, iov_len = (nuint)buffer.Length };

                // The offset is one 64-bit register; the next one is its upper half on 32-bit systems only.
                result = SysResult.From(Libc.syscall_preadv2(RawSyscalls.SYS_preadv2, file, &piece, 1, (nint)offset, 0, Libc.RWF_NOWAIT));
            }
        }
        while (result.Errno == Errno.EINTR);
        return result;
    }
}
