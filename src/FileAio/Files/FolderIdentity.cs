using FileAio.Interop;

namespace FileAio.Files;

/// <summary>
/// Which folder an open descriptor is of. The mount belongs to it: a filesystem that was detached and mounted again has the same device and
/// inode numbers. 0 before Linux 5.8, which does not say.
/// </summary>
internal readonly record struct FolderIdentity(ulong Device, ulong Inode, ulong Mount)
{
    /// <summary>Asks for what the kernel knows already: a network filesystem's server is not waited for.</summary>
    public static unsafe SysResult Of(int descriptor, out FolderIdentity identity)
    {
        byte empty = 0;
        SysResult result = Libc.Statx(
            descriptor, &empty, Libc.AT_EMPTY_PATH | Libc.AT_STATX_DONT_SYNC, Libc.STATX_BASIC_STATS | Libc.STATX_MNT_ID, out Libc.statx raw);
        identity = new FolderIdentity(((ulong)raw.stx_dev_major << 32) | raw.stx_dev_minor, raw.stx_ino, (raw.stx_mask & Libc.STATX_MNT_ID) != 0 ? raw.stx_mnt_id : 0);
        return result;
    }
}
