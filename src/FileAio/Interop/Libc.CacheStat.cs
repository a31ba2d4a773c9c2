using System.Runtime.InteropServices;

namespace FileAio.Interop;

/// <summary>cachestat(2), which has no libc wrapper. Its number is the same on all architectures.</summary>
internal static unsafe partial class Libc
{
    public const int SYS_cachestat = 451;

    /// <summary>struct cachestat_range: the bytes of the file to look up.</summary>
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

    /// <summary>Returns how many pages of the range are in the page cache.</summary>
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
