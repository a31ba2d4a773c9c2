using System.Runtime.InteropServices;

namespace Transport.Core.Interop;

/// <summary>sys/socket.h and netinet/tcp.h. Blittable declarations; <see cref="SysResult.From"/> reads errno.</summary>
internal static unsafe partial class Libc
{
    public const int SOCK_STREAM = 1;
    public const int SOCK_NONBLOCK = 0x800;
    public const int SOCK_CLOEXEC = 0x80000;

    public const int SOL_SOCKET = 1;
    public const int SO_LINGER = 13;
    public const int SO_REUSEPORT = 15;
    public const int SO_ACCEPTCONN = 30;
    public const int SO_ATTACH_REUSEPORT_CBPF = 51;
    public const int IPPROTO_TCP = 6;
    public const int TCP_NODELAY = 1;

    public const int SCM_RIGHTS = 1;
    public const int MSG_PEEK = 0x2;
    public const int MSG_CTRUNC = 0x8;
    public const int MSG_DONTWAIT = 0x40;
    public const int MSG_NOSIGNAL = 0x4000;
    public const int MSG_CMSG_CLOEXEC = 0x40000000;
    public const int SHUT_RD = 0;
    public const int SHUT_RDWR = 2;

    public const ushort AF_UNSPEC = 0;
    public const ushort AF_UNIX = 1;
    public const ushort AF_INET = 2;
    public const ushort AF_INET6 = 10;

    /// <summary>struct msghdr of glibc and musl on 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct msghdr
    {
        public void* msg_name;
        public uint msg_namelen;
        public iovec* msg_iov;
        public nuint msg_iovlen;
        public void* msg_control;
        public nuint msg_controllen;
        public int msg_flags;
    }

    /// <summary>
    /// struct cmsghdr of glibc on 64-bit Linux, before the data of a control message. musl has 32 bits of length and 32 of padding instead,
    /// which is the same on little-endian processors.
    /// </summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct cmsghdr
    {
        public nuint cmsg_len;
        public int cmsg_level;
        public int cmsg_type;
    }

    /// <summary>struct linger: with l_onoff = 1 and l_linger = 0 close(2) sends RST.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct linger
    {
        public int l_onoff;
        public int l_linger;
    }

    [LibraryImport("libc")]
    internal static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc")]
    internal static partial int connect(int sockfd, void* addr, uint addrlen);

    [LibraryImport("libc")]
    internal static partial int accept4(int sockfd, void* addr, uint* addrlen, int flags);

    [LibraryImport("libc")]
    internal static partial nint recv(int sockfd, void* buf, nuint len, int flags);

    [LibraryImport("libc")]
    internal static partial nint send(int sockfd, void* buf, nuint len, int flags);

    [LibraryImport("libc")]
    internal static partial nint sendmsg(int sockfd, msghdr* msg, int flags);

    [LibraryImport("libc")]
    internal static partial nint recvmsg(int sockfd, msghdr* msg, int flags);

    [LibraryImport("libc")]
    internal static partial int setsockopt(int sockfd, int level, int optname, void* optval, uint optlen);

    [LibraryImport("libc")]
    internal static partial int getsockopt(int sockfd, int level, int optname, void* optval, uint* optlen);

    [LibraryImport("libc")]
    internal static partial int getsockname(int sockfd, void* addr, uint* addrlen);

    [LibraryImport("libc")]
    internal static partial int shutdown(int sockfd, int how);
}
