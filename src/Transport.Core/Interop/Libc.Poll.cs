using System.Runtime.InteropServices;

namespace Transport.Core.Interop;

/// <summary>poll.h.</summary>
internal static unsafe partial class Libc
{
    public const short POLLIN = 0x001;
    public const short POLLPRI = 0x002;
    public const short POLLOUT = 0x004;
    public const short POLLERR = 0x008;
    public const short POLLHUP = 0x010;
    public const short POLLNVAL = 0x020;
    public const short POLLRDHUP = 0x2000;

    /// <summary>struct pollfd. A negative fd is passed over.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct pollfd
    {
        public int fd;
        public short events;
        public short revents;
    }

    /// <summary>struct timespec on 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct timespec
    {
        public nint tv_sec;
        public nint tv_nsec;

        /// <summary>As a time-out for calls that take none for ever.</summary>
        public static timespec FromMilliseconds(int milliseconds) =>
            new() { tv_sec = milliseconds / 1000, tv_nsec = milliseconds % 1000 * 1_000_000 };
    }

    [LibraryImport("libc")]
    internal static partial int poll(pollfd* fds, nuint nfds, int timeout);

    [LibraryImport("libc")]
    internal static partial int ppoll(pollfd* fds, nuint nfds, timespec* tmo_p, sigset_t* sigmask);
}
