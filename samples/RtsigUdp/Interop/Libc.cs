using System.Runtime.InteropServices;

namespace RtsigUdp.Interop;

/// <summary>sys/socket.h: datagrams with the address they came from.</summary>
internal static unsafe partial class Libc
{
    [LibraryImport("libc")]
    internal static partial nint recvfrom(int sockfd, void* buf, nuint len, int flags, void* srcAddr, uint* addrlen);

    [LibraryImport("libc")]
    internal static partial nint sendto(int sockfd, void* buf, nuint len, int flags, void* destAddr, uint addrlen);
}
