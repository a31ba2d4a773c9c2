using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace WebApp.Interop;

internal static partial class Libc
{
    private const int POSIX_FADV_DONTNEED = 4;

    /// <summary>Advises the kernel to drop the clean pages of a file from the page cache.</summary>
    public static void DropFromCache(SafeFileHandle file) => _ = posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);

    [LibraryImport("libc")]
    private static partial int posix_fadvise(SafeFileHandle fd, long offset, long len, int advice);
}
