using System.Runtime.InteropServices;

namespace Transport.Core.Interop;

/// <summary>pwd.h, grp.h, chown(2) and geteuid(2): the owner of a Unix socket.</summary>
internal static unsafe partial class Libc
{
    /// <summary>The first fields of struct passwd, the same in glibc and musl.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 48)]
    public struct passwd
    {
        [FieldOffset(16)] public uint pw_uid;
        [FieldOffset(20)] public uint pw_gid;
    }

    /// <summary>struct group.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 32)]
    public struct group
    {
        [FieldOffset(16)] public uint gr_gid;
    }

    [LibraryImport("libc")]
    internal static partial int getpwnam_r(byte* name, passwd* pwd, byte* buf, nuint buflen, passwd** result);

    [LibraryImport("libc")]
    internal static partial int getgrnam_r(byte* name, group* grp, byte* buf, nuint buflen, group** result);

    [LibraryImport("libc")]
    internal static partial uint geteuid();

    [LibraryImport("libc")]
    internal static partial int chown(byte* path, uint owner, uint group);
}
