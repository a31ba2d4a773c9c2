using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FileAio.Interop;

/// <summary>The parts of fcntl.h, unistd.h, sys/uio.h and linux/openat2.h that file serving uses.</summary>
internal static unsafe partial class Libc
{
    public const int AT_FDCWD = FileStat.AT_FDCWD;

    public const int O_RDONLY = 0;
    public const int O_NOCTTY = 0x100;
    public const int O_PATH = 0x200000;

    // The only three whose values differ between the two architectures.
    public static readonly int O_DIRECT = Arm ? 0x10000 : 0x4000;
    public static readonly int O_DIRECTORY = Arm ? 0x4000 : 0x10000;
    public static readonly int O_NOFOLLOW = Arm ? 0x8000 : 0x20000;

    public const ulong RESOLVE_NO_MAGICLINKS = 0x02;
    public const ulong RESOLVE_NO_SYMLINKS = 0x04;
    public const ulong RESOLVE_BENEATH = 0x08;
    public const ulong RESOLVE_CACHED = 0x20;

    private const int RLIMIT_NOFILE = 7;

    public const int RWF_NOWAIT = 8;
    public const int POSIX_FADV_SEQUENTIAL = 2;

    public const uint EXT4_SUPER_MAGIC = 0xef53; // ext2 and ext3 too
    public const uint XFS_SUPER_MAGIC = 0x58465342;
    public const uint BTRFS_SUPER_MAGIC = 0x9123683e;
    public const uint F2FS_SUPER_MAGIC = 0xf2f52010;
    public const uint OVERLAYFS_SUPER_MAGIC = 0x794c7630;
    public const uint TMPFS_MAGIC = 0x01021994;
    public const uint RAMFS_MAGIC = 0x858458f6;

    // By number: musl has a wrapper of preadv2 since 1.2.5; glibc has none of openat2.
    private const int SYS_openat2 = 437;
    private static readonly int SYS_preadv2 = Arm ? 286 : 327;

    private static bool Arm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    [StructLayout(LayoutKind.Sequential)]
    public struct open_how
    {
        public ulong flags;
        public ulong mode;
        public ulong resolve;
    }

    /// <summary>f_type is the first word on both architectures; the rest is only reserved space.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 120)]
    public struct statfs
    {
        [FieldOffset(0)] public long f_type;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct rlimit
    {
        public ulong rlim_cur;
        public ulong rlim_max;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int getrlimit_(int resource, rlimit* limit);

    [LibraryImport("libc", EntryPoint = "openat")]
    private static partial int openat_(int dirfd, byte* path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "pread")]
    private static partial nint pread_(int fd, void* buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "fstatfs")]
    private static partial int fstatfs_(int fd, statfs* facts);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int posix_fadvise_(int fd, long offset, long length, int advice);

    [LibraryImport("libc", EntryPoint = "fgetxattr")]
    private static partial nint fgetxattr_(int fd, byte* name, void* value, nuint size);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint syscall_(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    public static SysResult Open(int dirfd, byte* path, int flags)
    {
        SysResult result;
        do
        {
            result = SysResult.From(openat_(dirfd, path, flags, 0));
        }
        while (result.Value == -Errno.EINTR);
        return result;
    }

    /// <summary>openat2(2), Linux 5.6: opens a path under resolution rules.</summary>
    public static SysResult Open2(int dirfd, byte* path, int flags, ulong resolve)
    {
        open_how how = new open_how { flags = (ulong)flags, resolve = resolve };
        SysResult result;
        do
        {
            result = SysResult.From(syscall_(SYS_openat2, dirfd, (nint)path, (nint)(&how), sizeof(open_how), 0, 0));
        }
        while (result.Value == -Errno.EINTR);
        return result;
    }

    public static SysResult Read(int fd, nint buffer, int count, long offset)
    {
        SysResult result;
        do
        {
            result = SysResult.From(pread_(fd, (void*)buffer, (nuint)count, offset));
        }
        while (result.Value == -Errno.EINTR);
        return result;
    }

    /// <summary>
    /// Reads cached bytes without waiting. Returns −EAGAIN if it would wait, and a short count where the cached part ends.
    /// </summary>
    public static SysResult ReadNoWait(int fd, Span<byte> buffer, long offset)
    {
        // The offset is one 64-bit register. The next register is its upper half on 32-bit systems only.
        // SAFETY: the span is pinned for the duration of the call, and the kernel does not use it afterwards.
        fixed (byte* start = buffer)
        {
            iovec vector = new iovec { iov_base = start, iov_len = (nuint)buffer.Length };
            return SysResult.From(syscall_(SYS_preadv2, fd, (nint)(&vector), 1, (nint)offset, 0, RWF_NOWAIT));
        }
    }

    public static SysResult Read(int fd, Span<byte> buffer, long offset)
    {
        // SAFETY: the span is pinned for the duration of the call.
        fixed (byte* start = buffer)
        {
            return Read(fd, (nint)start, buffer.Length, offset);
        }
    }

    /// <summary>fstat by statx, which also returns the alignment of direct reads.</summary>
    public static SysResult Statx(int fd, out statx facts, int flags = 0)
    {
        byte empty = 0;
        return FileStat.Statx(fd, &empty, FileStat.AT_EMPTY_PATH | flags, FileStat.STATX_BASIC_STATS | FileStat.STATX_DIOALIGN, out facts);
    }

    public static SysResult StatFs(int fd, out statfs facts)
    {
        Unsafe.SkipInit(out facts);
        fixed (statfs* pointer = &facts)
        {
            return SysResult.From(fstatfs_(fd, pointer));
        }
    }

    /// <summary>Gets an extended attribute; ERANGE if it is longer than the memory.</summary>
    /// <param name="fd">The file.</param>
    /// <param name="name">The name, with its NUL.</param>
    /// <param name="value">The memory.</param>
    public static SysResult GetAttribute(int fd, ReadOnlySpan<byte> name, Span<byte> value)
    {
        fixed (byte* pointer = name)
        fixed (byte* memory = value)
        {
            return SysResult.From(fgetxattr_(fd, pointer, memory, (nuint)value.Length));
        }
    }

    /// <summary>Gets the maximum number of descriptors of the process.</summary>
    public static ulong DescriptorLimit()
    {
        rlimit limit;
        return getrlimit_(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
    }

    /// <summary>Advice only. posix_fadvise returns the error number itself.</summary>
    public static int AdviseSequential(int fd) => posix_fadvise_(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
}
