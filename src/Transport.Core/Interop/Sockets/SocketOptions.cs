using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Transport.Core.Interop.Sockets;

/// <summary>Socket options that applications set or read.</summary>
internal static unsafe class SocketOptions
{
    /// <summary>setsockopt(2) with an int value.</summary>
    public static SysResult Set(int socket, int level, int name, int value) =>
        SysResult.From(Libc.setsockopt(socket, level, name, &value, sizeof(int)));

    /// <summary>getsockopt(TCP_INFO).</summary>
    /// <exception cref="SocketException">The socket is not a TCP socket.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public static Libc.tcp_info GetTcpInfo(Socket socket)
    {
        Span<Libc.tcp_info> info = stackalloc Libc.tcp_info[1];
        info.Clear();
        socket.GetRawSocketOption(Libc.IPPROTO_TCP, Libc.TCP_INFO, MemoryMarshal.AsBytes(info));
        return info[0];
    }

    /// <summary>getsockopt(SO_PEERCRED).</summary>
    /// <exception cref="SocketException">The socket is not a Unix socket.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public static Libc.ucred GetPeerCredentials(Socket socket)
    {
        Span<Libc.ucred> credentials = stackalloc Libc.ucred[1];
        credentials.Clear();
        socket.GetRawSocketOption(Libc.SOL_SOCKET, Libc.SO_PEERCRED, MemoryMarshal.AsBytes(credentials));
        return credentials[0];
    }
}
