using System.Runtime.InteropServices;

namespace Transport.Core.Interop;

/// <summary>The options of sys/socket.h and linux/tcp.h that applications set or read.</summary>
internal static unsafe partial class Libc
{
    public const int SO_KEEPALIVE = 9;
    public const int SO_PEERCRED = 17;
    public const int TCP_KEEPIDLE = 4;
    public const int TCP_KEEPINTVL = 5;
    public const int TCP_KEEPCNT = 6;
    public const int TCP_INFO = 11;
    public const int TCP_USER_TIMEOUT = 18;
    public const int TCP_FASTOPEN = 23;

    /// <summary>struct ucred: the process that connected a Unix socket, at that time.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ucred
    {
        public int pid;
        public uint uid;
        public uint gid;
    }

    /// <summary>
    /// The first 168 bytes of struct tcp_info, which Linux has had since 4.9. The kernel copies as much as both sides know; other fields
    /// remain zero.
    /// </summary>
    [StructLayout(LayoutKind.Explicit, Size = 168)]
    public struct tcp_info
    {
        [FieldOffset(16)] public uint tcpi_snd_mss;
        [FieldOffset(24)] public uint tcpi_unacked;
        [FieldOffset(68)] public uint tcpi_rtt;
        [FieldOffset(72)] public uint tcpi_rttvar;
        [FieldOffset(80)] public uint tcpi_snd_cwnd;
        [FieldOffset(100)] public uint tcpi_total_retrans;
        [FieldOffset(120)] public ulong tcpi_bytes_acked;
        [FieldOffset(128)] public ulong tcpi_bytes_received;
        [FieldOffset(144)] public uint tcpi_notsent_bytes;
        [FieldOffset(148)] public uint tcpi_min_rtt;
        [FieldOffset(160)] public ulong tcpi_delivery_rate;
    }
}
