using System.Runtime.InteropServices;

namespace Transport.Core.Interop;

/// <summary>sys/stat.h.</summary>
internal static unsafe partial class Libc
{
    public const int AT_FDCWD = -100;
    public const int AT_SYMLINK_NOFOLLOW = 0x100;
    public const int STATX_TYPE = 0x1;
    public const int STATX_INO = 0x100;
    public const int S_IFMT = 0xf000;
    public const int S_IFSOCK = 0xc000;

    /// <summary>struct statx: the members in use.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct statx
    {
        [FieldOffset(0x1c)] public ushort stx_mode;
        [FieldOffset(0x20)] public ulong stx_ino;
        [FieldOffset(0x88)] public uint stx_dev_major;
        [FieldOffset(0x8c)] public uint stx_dev_minor;
    }

    /// <summary>By number: musl has a wrapper of statx since 1.2.4 only.</summary>
    [LibraryImport("libc", EntryPoint = "syscall")]
    internal static partial nint syscall_statx(nint number, nint dirfd, byte* pathname, nint flags, nint mask, statx* statxbuf);
}
