using System.Runtime.InteropServices;

namespace Transport.Core.Interop;

/// <summary>sys/sendfile.h, sys/uio.h and the declarations for cachestat(2) in linux/mman.h.</summary>
internal static unsafe partial class Libc
{
    public const int MSG_MORE = 0x8000;
    public const int RWF_NOWAIT = 0x8;

    /// <summary>struct cachestat_range: a range of bytes of the file.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct cachestat_range
    {
        public ulong off;
        public ulong len;
    }

    /// <summary>struct cachestat: counts of pages.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct cachestat
    {
        public ulong nr_cache;
        public ulong nr_dirty;
        public ulong nr_writeback;
        public ulong nr_evicted;
        public ulong nr_recently_evicted;
    }

    [LibraryImport("libc")]
    internal static partial nint sendfile(int out_fd, int in_fd, long* offset, nuint count);

    /// <summary>By number: musl has a wrapper of preadv2 since 1.2.5 only.</summary>
    [LibraryImport("libc", EntryPoint = "syscall")]
    internal static partial nint syscall_preadv2(nint number, nint fd, iovec* iov, nint iovcnt, nint pos_l, nint pos_h, nint flags);

    /// <summary>cachestat has no wrapper in libc; its number is the same on all architectures.</summary>
    [LibraryImport("libc", EntryPoint = "syscall")]
    internal static partial nint syscall_cachestat(nint number, nint fd, cachestat_range* range, cachestat* result, nint flags);
}
