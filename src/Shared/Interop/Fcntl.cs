using System.Runtime.InteropServices;

namespace Shared.Interop;

/// <summary>fcntl.h: the flags of a descriptor.</summary>
internal static partial class Fcntl
{
    public const int F_SETFD = 2;
    public const int FD_CLOEXEC = 1;
    public const int F_GETFL = 3;
    public const int F_SETFL = 4;
    public const int F_DUPFD_CLOEXEC = 1030;
    public const int O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000;

    [LibraryImport("libc")]
    internal static partial int fcntl(int fd, int op, nint arg);
}
