using System.Runtime.InteropServices;

namespace Transport.Core.Interop;

/// <summary>unistd.h, fcntl.h and sys/eventfd.h.</summary>
internal static unsafe partial class Libc
{
    public const int F_GETFL = 3;
    public const int F_SETFL = 4;
    public const int F_DUPFD_CLOEXEC = 1030;
    public const int O_NONBLOCK = 0x800;

    public const int EFD_NONBLOCK = 0x800;
    public const int EFD_CLOEXEC = 0x80000;

    [LibraryImport("libc")]
    internal static partial int close(int fd);

    [LibraryImport("libc")]
    internal static partial nint read(int fd, void* buf, nuint count);

    [LibraryImport("libc")]
    internal static partial nint write(int fd, void* buf, nuint count);

    [LibraryImport("libc")]
    internal static partial int fcntl(int fd, int op, nint arg);

    [LibraryImport("libc")]
    internal static partial int eventfd(uint initval, int flags);
}
