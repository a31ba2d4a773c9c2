using System.Runtime.InteropServices;

namespace Shared.Interop;

/// <summary>
/// statx(2) of sys/stat.h. By number: musl has a wrapper since 1.2.4 only. Numbers differ between architectures, so it is called on x64 and
/// arm64 only.
/// </summary>
internal static unsafe partial class FileStat
{
    public const int AT_FDCWD = -100;
    public const int AT_SYMLINK_NOFOLLOW = 0x100;
    public const int AT_NO_AUTOMOUNT = 0x800;
    public const int AT_EMPTY_PATH = 0x1000;
    public const int AT_STATX_DONT_SYNC = 0x4000;

    public const uint STATX_TYPE = 0x1;
    public const uint STATX_INO = 0x100;
    public const uint STATX_BASIC_STATS = 0x7ff;
    public const uint STATX_MNT_ID = 0x1000;
    public const uint STATX_DIOALIGN = 0x2000;

    public const ushort S_IFMT = 0xf000;
    public const ushort S_IFREG = 0x8000;
    public const ushort S_IFDIR = 0x4000;
    public const ushort S_IFLNK = 0xa000;
    public const ushort S_IFSOCK = 0xc000;

    public static readonly nint SYS_statx = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 291 : 332;

    /// <summary>Returns the facts of the file at a path. Retries EINTR, which network filesystems and FUSE return.</summary>
    public static SysResult Statx(int dirfd, byte* path, int flags, uint mask, out statx facts)
    {
        facts = default;

        // SAFETY: fixed keeps the struct in place during the call.
        fixed (statx* pointer = &facts)
        {
            SysResult result;
            do
            {
                result = SysResult.From(syscall_statx(SYS_statx, dirfd, path, flags, (nint)mask, pointer));
            }
            while (result.Value == -Errno.EINTR);
            return result;
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint syscall_statx(nint number, nint dirfd, byte* pathname, nint flags, nint mask, statx* statxbuf);
}
