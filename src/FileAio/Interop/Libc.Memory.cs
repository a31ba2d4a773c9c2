using System.Runtime.InteropServices;

namespace FileAio.Interop;

/// <summary>sys/mman.h: the pages that reads land in.</summary>
internal static unsafe partial class Libc
{
    public const int PROT_READ = 1;
    public const int PROT_WRITE = 2;
    public const int MAP_PRIVATE = 2;
    public const int MAP_ANONYMOUS = 0x20;
    public const int MAP_POPULATE = 0x8000;
    public const int MADV_DONTNEED = 4;
    public const int MADV_DONTFORK = 10;

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint mmap_(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int munmap_(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int madvise_(nint address, nuint length, int advice);

    /// <summary>Page-aligned memory, touched (a first touch under io_submit costs 20 µs a buffer) and kept from children of fork.</summary>
    public static SysResult MapBuffer(int length)
    {
        nint address = mmap_(0, (nuint)length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (address == -1)
        {
            return SysResult.From(-1);
        }
        // A direct read into memory shared with a child by copy-on-write may land in the child's page: open(2), O_DIRECT.
        return madvise_(address, (nuint)length, MADV_DONTFORK) == 0 ? new SysResult(address) : SysResult.From(-1);
    }

    /// <summary>
    /// Gives the whole pages within a range of private memory back to the kernel; the addresses stay, and read as zero when they are touched
    /// again. madvise(2) rounds the length up: where pages are larger than the range, its neighbours would be dropped with it.
    /// </summary>
    public static void DropPages(nint address, int length)
    {
        (nint start, nint whole) = WholePages(address, length, Environment.SystemPageSize);
        if (whole > 0)
        {
            _ = madvise_(start, (nuint)whole, MADV_DONTNEED);
        }
    }

    /// <summary>The pages that lie within a range: where the first starts, and the bytes of all; 0 bytes where there is none.</summary>
    public static (nint Start, nint Length) WholePages(nint address, nint length, nint page)
    {
        nint start = (address + page - 1) & -page;
        nint end = (address + length) & -page;
        return (start, Math.Max(end - start, 0));
    }

    public static SysResult UnmapBuffer(nint address, int length) => SysResult.From(munmap_(address, (nuint)length));
}
