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

    [LibraryImport("libc")]
    internal static partial int poll(pollfd* fds, nuint nfds, int timeout);

    [LibraryImport("libc")]
    internal static partial int ppoll(pollfd* fds, nuint nfds, timespec* tmo_p, sigset_t* sigmask);
}
