using System.Runtime.InteropServices;

namespace FileAio.Interop;

/// <summary>sys/mman.h: the memory that reads go into.</summary>
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

    /// <summary>
    /// Maps page-aligned memory. It is touched, because a first touch under io_submit costs 20 µs per buffer. It is not inherited by fork.
    /// </summary>
    public static SysResult MapBuffer(int length)
    {
        nint address = mmap_(0, (nuint)length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (address == -1)
        {
            return SysResult.From(-1);
        }
        // A direct read into copy-on-write memory shared with a child may go into the child's page: open(2), O_DIRECT.
        return madvise_(address, (nuint)length, MADV_DONTFORK) == 0 ? new SysResult(address) : SysResult.From(-1);
    }

    /// <summary>Returns the whole pages of a range of private memory to the kernel. The addresses stay valid and read as zero.</summary>
    /// <remarks>madvise(2) rounds the length up: if pages were larger than the range, adjacent memory would be dropped too.</remarks>
    public static void DropPages(nint address, int length)
    {
        (nint start, nint whole) = WholePages(address, length, Environment.SystemPageSize);
        if (whole > 0)
        {
            _ = madvise_(start, (nuint)whole, MADV_DONTNEED);
        }
    }

    /// <summary>Returns the whole pages within a range: the start of the first, and the length of all; 0 if there is none.</summary>
    public static (nint Start, nint Length) WholePages(nint address, nint length, nint page)
    {
        nint start = (address + page - 1) & -page;
        nint end = (address + length) & -page;
        return (start, Math.Max(end - start, 0));
    }

    public static SysResult UnmapBuffer(nint address, int length) => SysResult.From(munmap_(address, (nuint)length));
}
