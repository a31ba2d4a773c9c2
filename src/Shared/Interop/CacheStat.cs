using System.Runtime.InteropServices;

namespace Shared.Interop;

/// <summary>cachestat(2) of linux/mman.h (Linux 6.5), which has no libc wrapper.</summary>
internal static unsafe partial class CacheStat
{
    /// <summary>The same number on all architectures, like every system call since Linux 5.1.</summary>
    public const int SYS_cachestat = 451;

    /// <summary>struct cachestat_range: a range of bytes of the file.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct cachestat_range
    {
        public ulong off;
        public ulong len;
    }

    /// <summary>struct cachestat: numbers of pages.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct cachestat
    {
        public ulong nr_cache;
        public ulong nr_dirty;
        public ulong nr_writeback;
        public ulong nr_evicted;
        public ulong nr_recently_evicted;
    }

    /// <summary>
    /// Returns how many pages of the range are in the page cache. −ENOSYS before Linux 6.5. −EPERM if the process neither owns the file nor
    /// may write it (since 6.15), or from a seccomp filter.
    /// </summary>
    public static SysResult CachedPages(int file, long offset, long length)
    {
        cachestat_range range = new() { off = (ulong)offset, len = (ulong)length };
        cachestat found;
        SysResult result = SysResult.From(syscall_cachestat(SYS_cachestat, file, &range, &found, 0));
        return result.IsError ? result : new SysResult((nint)found.nr_cache);
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint syscall_cachestat(nint number, nint fd, cachestat_range* range, cachestat* result, nint flags);
}
