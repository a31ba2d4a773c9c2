namespace FileAio.Files;

/// <summary>
/// Identifies an open folder. The mount is included, because a filesystem that is unmounted and mounted again has the same device and inode
/// numbers. It is 0 before Linux 5.8, which does not report it.
/// </summary>
internal readonly record struct FolderIdentity(ulong Device, ulong Inode, ulong Mount)
{
    /// <summary>Reads cached metadata only: it does not wait for the server of a network filesystem.</summary>
    public static unsafe SysResult Of(int descriptor, out FolderIdentity identity)
    {
        byte empty = 0;
        SysResult result = FileStat.Statx(
            descriptor, &empty, FileStat.AT_EMPTY_PATH | FileStat.AT_STATX_DONT_SYNC, FileStat.STATX_BASIC_STATS | FileStat.STATX_MNT_ID,
            out statx raw);
        identity = new FolderIdentity(((ulong)raw.stx_dev_major << 32) | raw.stx_dev_minor, raw.stx_ino,
            (raw.stx_mask & FileStat.STATX_MNT_ID) != 0 ? raw.stx_mnt_id : 0);
        return result;
    }
}
