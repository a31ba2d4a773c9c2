using System.Runtime.InteropServices;

namespace Micro.Interop;

/// <summary>What a benchmark needs to make a descriptor ready.</summary>
internal static unsafe partial class Libc
{
    private const int AF_UNIX = 1;
    private const int SOCK_STREAM = 1;
    private const int SOCK_NONBLOCK = 0x800;

    /// <summary>Two connected, non-blocking sockets.</summary>
    public static (int A, int B) SocketPair()
    {
        var pair = stackalloc int[2];
        return socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0
            ? (pair[0], pair[1])
            : throw new InvalidOperationException($"socketpair: errno {Marshal.GetLastSystemError()} (ulimit -n bounds the descriptors)");
    }

    [LibraryImport("libc")]
    public static partial nint read(int fd, byte* buffer, nuint count);

    [LibraryImport("libc")]
    public static partial nint write(int fd, byte* buffer, nuint count);

    [LibraryImport("libc")]
    public static partial int close(int fd);

    [LibraryImport("libc")]
    private static partial int socketpair(int domain, int type, int protocol, int* sv);
}
