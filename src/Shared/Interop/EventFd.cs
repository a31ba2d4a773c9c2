using System.Runtime.InteropServices;

namespace Shared.Interop;

/// <summary>sys/eventfd.h: a counter that one thread waits for and others increment, including the kernel (IOCB_FLAG_RESFD).</summary>
internal static unsafe partial class EventFd
{
    public const int EFD_NONBLOCK = 0x800;
    public const int EFD_CLOEXEC = 0x80000;

    [LibraryImport("libc")]
    internal static partial int eventfd(uint initval, int flags);

    /// <summary>Creates an eventfd with the value 0 and close-on-exec.</summary>
    /// <param name="flags">EFD_NONBLOCK, or 0 for an eventfd whose <see cref="Drain"/> waits.</param>
    public static SysResult Create(int flags) => SysResult.From(eventfd(0, flags | EFD_CLOEXEC));

    /// <summary>Adds 1. EAGAIN would require a counter of 2⁶⁴−2, so no failure is reported.</summary>
    public static void Signal(int fd)
    {
        ulong one = 1;
        Unistd.write(fd, &one, sizeof(ulong));
    }

    /// <summary>Resets the counter to 0. Waits for a signal if the counter is 0 and the eventfd is blocking.</summary>
    public static SysResult Drain(int fd)
    {
        ulong count;
        return SysResult.From(Unistd.read(fd, &count, sizeof(ulong)));
    }
}
