using System.Runtime.InteropServices;

namespace Transport.Core.Interop;

/// <summary>sys/sendfile.h and sys/uio.h.</summary>
internal static unsafe partial class Libc
{
    public const int MSG_MORE = 0x8000;
    public const int RWF_NOWAIT = 0x8;

    [LibraryImport("libc")]
    internal static partial nint sendfile(int out_fd, int in_fd, long* offset, nuint count);

    [LibraryImport("libc")]
    internal static partial nint preadv2(int fd, iovec* iov, int iovcnt, long offset, int flags);
}
