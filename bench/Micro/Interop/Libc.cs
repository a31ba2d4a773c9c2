using System.Runtime.InteropServices;
using Transport.Core.Interop;

namespace Micro.Interop;

/// <summary>What a benchmark needs beside the transports' own calls: something that can be made ready.</summary>
internal static unsafe partial class Libc
{
    private const int AF_UNIX = 1;
    private const int SOCK_STREAM = 1;
    private const int SOCK_NONBLOCK = 0x800;

    /// <summary>Two connected, non-blocking sockets. <c>ulimit -n</c> bounds how many there can be.</summary>
    public static (int A, int B) SocketPair()
    {
        int* pair = stackalloc int[2];
        SysResult.From(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair)).ThrowIfError("socketpair");
        return (pair[0], pair[1]);
    }

    [LibraryImport("libc")]
    private static partial int socketpair(int domain, int type, int protocol, int* sv);
}
