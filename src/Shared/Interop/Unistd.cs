using System.Runtime.InteropServices;

namespace Shared.Interop;

/// <summary>unistd.h. Blittable, one declaration a call; errno is read by <see cref="SysResult.From"/>.</summary>
internal static unsafe partial class Unistd
{
    [LibraryImport("libc")]
    private static partial int close(int fd);

    [LibraryImport("libc")]
    internal static partial nint read(int fd, void* buf, nuint count);

    [LibraryImport("libc")]
    internal static partial nint write(int fd, void* buf, nuint count);

    /// <summary>close(2), once: on Linux the descriptor is gone whatever it returns, EINTR too.</summary>
    public static void Close(int fd) => _ = close(fd);
}
