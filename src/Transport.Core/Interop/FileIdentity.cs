using System.Text;
using Transport.Core.Interop.Threads;

namespace Transport.Core.Interop;

/// <summary>
/// The device, the inode number and the type of a file, by statx(2). The kernel reuses the number of a deleted file, but not of a Unix
/// socket's file while the socket is open.
/// </summary>
internal readonly record struct FileIdentity(ulong Device, ulong Inode, bool IsSocket)
{
    /// <summary>Returns the identity of the file at a path; a link at its end is not followed.</summary>
    /// <returns>Null if there is no file, or the architecture's number of the call is not known.</returns>
    public static unsafe FileIdentity? Of(string path)
    {
        if (!RawSyscalls.AreSupported)
        {
            return null;
        }

        statx status;
        SysResult result;

        // SAFETY: fixed keeps the array in place during the call.
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
        {
            result = FileStat.Statx(
                FileStat.AT_FDCWD, name, FileStat.AT_SYMLINK_NOFOLLOW, FileStat.STATX_TYPE | FileStat.STATX_INO, out status);
        }

        return result.IsError
            ? null
            : new FileIdentity(
                ((ulong)status.stx_dev_major << 32) | status.stx_dev_minor,
                status.stx_ino,
                (status.stx_mode & FileStat.S_IFMT) == FileStat.S_IFSOCK);
    }
}
