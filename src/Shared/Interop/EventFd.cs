using System.Runtime.InteropServices;

namespace Shared.Interop;

/// <summary>sys/eventfd.h: a counter that a thread waits on and others add to, the kernel too (IOCB_FLAG_RESFD).</summary>
internal static unsafe partial class EventFd
{
    public const int EFD_NONBLOCK = 0x800;
    public const int EFD_CLOEXEC = 0x80000;

    [LibraryImport("libc")]
    internal static partial int eventfd(uint initval, int flags);

    /// <summary>A new one, at 0 and close-on-exec.</summary>
    /// <param name="flags">EFD_NONBLOCK, or 0 for one whose <see cref="Drain"/> waits.</param>
    public static SysResult Create(int flags) => SysResult.From(eventfd(0, flags | EFD_CLOEXEC));

    /// <summary>Adds 1. EAGAIN would mean a counter of 2⁶⁴−2 signals, so there is no failure to report.</summary>
    public static void Signal(int fd)
    {
        ulong one = 1;
        Unistd.write(fd, &one, sizeof(ulong));
    }

    /// <summary>Sets it back to 0; waits for a signal where there is none and it is not non-blocking.</summary>
    public static SysResult Drain(int fd)
    {
        ulong count;
        return SysResult.From(Unistd.read(fd, &count, sizeof(ulong)));
    }
}
