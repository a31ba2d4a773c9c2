using FileAio.Interop;

namespace FileAio.Files;

/// <summary>
/// The metadata of an open file, from statx. statx is called on the descriptor that is read, never on a path, so that links and
/// replacements cannot interfere.
/// </summary>
internal readonly record struct FileFacts(
    ulong Device, ulong Inode, uint Links, uint Owner, ushort Mode, long Size, long ModifiedSeconds, uint ModifiedNanoseconds,
    long ChangedSeconds, uint ChangedNanoseconds, int DirectMemoryAlignment, int DirectOffsetAlignment)
{
    /// <summary>
    /// Whether statx reported the alignment of direct reads. If not, the kernel is older than 6.1, or the filesystem does not report it.
    /// </summary>
    public bool HasDirectAlignment => DirectOffsetAlignment >= 0;

    public bool IsRegular => (Mode & FileStat.S_IFMT) == FileStat.S_IFREG;

    public bool IsDirectory => (Mode & FileStat.S_IFMT) == FileStat.S_IFDIR;

    public bool IsSymbolicLink => (Mode & FileStat.S_IFMT) == FileStat.S_IFLNK;

    public DateTimeOffset LastModified => DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(ModifiedSeconds, -62135596800, 253402300799));

    /// <summary>Returns whether this is the same file with the same content, as far as a filesystem can tell.</summary>
    public bool SameVersion(in FileFacts other) =>
        Device == other.Device && Inode == other.Inode && Size == other.Size &&
        ModifiedSeconds == other.ModifiedSeconds && ModifiedNanoseconds == other.ModifiedNanoseconds;

    /// <summary>
    /// Returns whether this is the same file, and neither its content nor its metadata (permissions, owner, names) has changed.
    /// </summary>
    public bool SameInode(in FileFacts other) =>
        SameVersion(other) && Mode == other.Mode && Owner == other.Owner
        && ChangedSeconds == other.ChangedSeconds && ChangedNanoseconds == other.ChangedNanoseconds;

    public static SysResult Of(int descriptor, out FileFacts facts)
    {
        SysResult result = Libc.Statx(descriptor, out statx raw);
        facts = result.IsError ? default : From(raw);
        return result;
    }

    /// <summary>The same for a descriptor that was just opened: takes what the open has cached, and asks no server.</summary>
    public static SysResult OfOpened(int descriptor, out FileFacts facts)
    {
        SysResult result = Libc.Statx(descriptor, out statx raw, FileStat.AT_STATX_DONT_SYNC);
        facts = result.IsError ? default : From(raw);
        return result;
    }

    public static FileFacts From(in statx raw)
    {
        bool hasAlignment = (raw.stx_mask & FileStat.STATX_DIOALIGN) != 0;
        return new FileFacts(
            ((ulong)raw.stx_dev_major << 32) | raw.stx_dev_minor, raw.stx_ino, raw.stx_nlink, raw.stx_uid, raw.stx_mode, (long)raw.stx_size,
            raw.stx_mtime.tv_sec, raw.stx_mtime.tv_nsec, raw.stx_ctime.tv_sec, raw.stx_ctime.tv_nsec,
            hasAlignment ? (int)raw.stx_dio_mem_align : -1, hasAlignment ? (int)raw.stx_dio_offset_align : -1);
    }
}
