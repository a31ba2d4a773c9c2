using System.Runtime.InteropServices;

namespace Shared.Interop;

/// <summary>unistd.h. Blittable, one declaration per call; <see cref="SysResult.From"/> reads errno.</summary>
internal static unsafe partial class Unistd
{
    [LibraryImport("libc")]
    private static partial int close(int fd);

    [LibraryImport("libc")]
    internal static partial nint read(int fd, void* buf, nuint count);

    [LibraryImport("libc")]
    internal static partial nint write(int fd, void* buf, nuint count);

    /// <summary>close(2), called once: on Linux the descriptor is closed whatever it returns, including EINTR.</summary>
    public static void Close(int fd) => _ = close(fd);
}
