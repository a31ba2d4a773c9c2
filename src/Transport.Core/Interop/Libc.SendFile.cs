using System.Runtime.InteropServices;

namespace Transport.Core.Interop;

/// <summary>sys/sendfile.h and sys/uio.h.</summary>
internal static unsafe partial class Libc
{
    public const int MSG_MORE = 0x8000;
    public const int RWF_NOWAIT = 0x8;

    [LibraryImport("libc")]
    internal static partial nint sendfile(int out_fd, int in_fd, long* offset, nuint count);

    /// <summary>By number: musl has a wrapper of preadv2 since 1.2.5 only.</summary>
    [LibraryImport("libc", EntryPoint = "syscall")]
    internal static partial nint syscall_preadv2(nint number, nint fd, iovec* iov, nint iovcnt, nint pos_l, nint pos_h, nint flags);
}
