using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace FileAio.Interop;

/// <summary>The parts of linux/tcp.h that measure a client's progress.</summary>
internal static partial class Libc
{
    public const int IPPROTO_TCP = 6;
    public const int TCP_INFO = 11;

    /// <summary>
    /// The first 152 bytes. Linux 4.1 has 128 of them, 4.6 all; later kernels truncate theirs to the requested length. Fields that the
    /// kernel does not have are zero.
    /// </summary>
    [StructLayout(LayoutKind.Explicit, Size = 152)]
    public struct tcp_info
    {
        [FieldOffset(16)] public uint tcpi_snd_mss;
        [FieldOffset(24)] public uint tcpi_unacked;
        [FieldOffset(120)] public ulong tcpi_bytes_acked;
        [FieldOffset(144)] public uint tcpi_notsent_bytes;
    }

    private const int BytesOfLinux41 = 128;

    /// <summary>
    /// Gets TCP_INFO of a connection. Returns false if the socket is closed or is not TCP, or if the kernel is older than 4.1.
    /// </summary>
    public static bool TryGetTcpInfo(Socket socket, out tcp_info info)
    {
        Span<tcp_info> one = stackalloc tcp_info[1];
        one.Clear();
        int length = 0;
        try
        {
            length = socket.GetRawSocketOption(IPPROTO_TCP, TCP_INFO, MemoryMarshal.AsBytes(one));
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // length stays 0
        }

        info = one[0];
        return length >= BytesOfLinux41;
    }
}
