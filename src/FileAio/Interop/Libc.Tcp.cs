using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace FileAio.Interop;

/// <summary>linux/tcp.h, as far as a client's progress is watched.</summary>
internal static partial class Libc
{
    public const int IPPROTO_TCP = 6;
    public const int TCP_INFO = 11;

    /// <summary>The first 128 bytes: all that Linux 4.1 has. Later kernels cut theirs to what is asked for.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    public struct tcp_info
    {
        [FieldOffset(120)] public ulong tcpi_bytes_acked;
    }

    /// <summary>
    /// Bytes that the peer has acknowledged since the connection began; −1 where the socket cannot tell (it is closed, no TCP, or the
    /// kernel older than 4.1).
    /// </summary>
    public static long BytesAcknowledged(Socket socket)
    {
        Span<tcp_info> info = stackalloc tcp_info[1];
        Span<byte> bytes = MemoryMarshal.AsBytes(info);
        try
        {
            return socket.GetRawSocketOption(IPPROTO_TCP, TCP_INFO, bytes) == bytes.Length ? (long)info[0].tcpi_bytes_acked : -1;
        }
        catch (Exception untold) when (untold is SocketException or ObjectDisposedException)
        {
            return -1;
        }
    }
}
