using System.Runtime.InteropServices;

namespace Transport.Select.Interop;

/// <summary>sys/select.h. The sets are bits in words of the machine, as many as nfds says: the kernel knows no FD_SETSIZE.</summary>
internal static unsafe partial class Libc
{
    /// <summary>What fits in libc's fd_set.</summary>
    public const int FD_SETSIZE = 1024;

    /// <summary>struct timeval on 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct timeval
    {
        public nint tv_sec;
        public nint tv_usec;
    }

    [LibraryImport("libc")]
    internal static partial int select(int nfds, ulong* readfds, ulong* writefds, ulong* exceptfds, timeval* timeout);

    [LibraryImport("libc")]
    internal static partial int pselect(
        int nfds, ulong* readfds, ulong* writefds, ulong* exceptfds, timespec* timeout, Core.Interop.Libc.sigset_t* sigmask);
}
