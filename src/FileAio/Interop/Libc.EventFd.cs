using System.Runtime.InteropServices;

namespace FileAio.Interop;

/// <summary>sys/eventfd.h: a bell that the kernel can ring too (IOCB_FLAG_RESFD).</summary>
internal static unsafe partial class Libc
{
    public const int EFD_CLOEXEC = 0x80000;

    [LibraryImport("libc", EntryPoint = "eventfd")]
    private static partial int eventfd_(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint write_(int fd, void* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint read_(int fd, void* buffer, nuint count);

    public static SysResult EventFd() => SysResult.From(eventfd_(0, EFD_CLOEXEC));

    public static SysResult EventFdSignal(int fd)
    {
        ulong one = 1;
        return SysResult.From(write_(fd, &one, sizeof(ulong)));
    }

    /// <summary>Waits until it has been signalled, and takes that back. EINTR is as good as a signal: whoever is woken looks.</summary>
    public static SysResult EventFdWait(int fd)
    {
        ulong count;
        SysResult result = SysResult.From(read_(fd, &count, sizeof(ulong)));
        return result.Errno == Errno.EINTR ? default : result;
    }
}
