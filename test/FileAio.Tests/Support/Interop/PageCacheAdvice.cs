using System.Runtime.InteropServices;

namespace FileAio.Tests.Support.Interop;

/// <summary>posix_fadvise(2), as far as tests fill and empty the page cache.</summary>
internal static partial class PageCacheAdvice
{
    public const int POSIX_FADV_RANDOM = 1;
    public const int POSIX_FADV_DONTNEED = 4;

    [LibraryImport("libc")]
    internal static partial int posix_fadvise(int fd, long offset, long length, int advice);
}
