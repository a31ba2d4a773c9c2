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
    /// Gives the pages back to the kernel; the addresses stay, and read as zero when they are touched again. Whole pages of private memory
    /// only.
    /// </summary>
    public static void DropPages(nint address, int length) => _ = madvise_(address, (nuint)length, MADV_DONTNEED);

    public static SysResult UnmapBuffer(nint address, int length) => SysResult.From(munmap_(address, (nuint)length));
}
