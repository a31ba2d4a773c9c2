using System.Runtime.InteropServices;
using Shared.Interop;

namespace Micro.Interop;

/// <summary>System calls of the benchmarks that the transports do not use.</summary>
internal static unsafe partial class Libc
{
    private const int AF_UNIX = 1;
    private const int SOCK_STREAM = 1;
    private const int SOCK_NONBLOCK = 0x800;

    /// <summary>Returns two connected, non-blocking sockets. <c>ulimit -n</c> limits their number.</summary>
    public static (int A, int B) SocketPair()
    {
        int* pair = stackalloc int[2];
        SysResult.From(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair)).ThrowIfError("socketpair");
        return (pair[0], pair[1]);
    }

    [LibraryImport("libc")]
    private static partial int socketpair(int domain, int type, int protocol, int* sv);
}
