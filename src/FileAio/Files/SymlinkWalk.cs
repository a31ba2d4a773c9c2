using System.Text;
using FileAio.Interop;

namespace FileAio.Files;

/// <summary>
/// Resolves a path one component at a time, as nginx does for <c>disable_symlinks</c>. Each component is opened with O_NOFOLLOW, so that
/// nothing can be swapped in between. Used for owner checks, which the kernel has no flag for, and on kernels without openat2.
/// </summary>
internal static class SymlinkWalk
{
    /// <summary>
    /// Opens <paramref name="relative"/> below <paramref name="root"/>. Returns −ELOOP if the path contains a link that may not be
    /// followed.
    /// </summary>
    public static SysResult Open(int root, string relative, int flags, bool ownersMustAgree)
    {
        int directory = root;
        string[] parts = relative.Split('/');
        for (int i = 0; i < parts.Length; i++)
        {
            bool last = i == parts.Length - 1;
            SysResult next = OpenComponent(directory, parts[i], last ? flags : Libc.O_PATH | Libc.O_DIRECTORY | Fcntl.O_CLOEXEC,
                ownersMustAgree);
            if (directory != root)
            {
                Unistd.Close(directory);
            }

            if (next.IsError || last)
            {
                return next;
            }

            directory = (int)next.Value;
        }
        return SysResult.Error(Errno.ENOENT);
    }

    private static unsafe SysResult OpenComponent(int directory, string name, int flags, bool ownersMustAgree)
    {
        fixed (byte* path = Encoding.UTF8.GetBytes(name + '\0'))
        {
            // Get the type of the name itself, whether it is a link or not.
            SysResult seen = Libc.Open(directory, path, Libc.O_PATH | Libc.O_NOFOLLOW | Fcntl.O_CLOEXEC);
            if (seen.IsError)
            {
                return seen;
            }

            SysResult stated = FileFacts.Of((int)seen.Value, out FileFacts own);
            Unistd.Close((int)seen.Value);
            if (stated.IsError)
            {
                return stated;
            }

            if (!own.IsSymbolicLink)
            {
                return Libc.Open(directory, path, flags | Libc.O_NOFOLLOW);
            }

            if (!ownersMustAgree)
            {
                return SysResult.Error(Errno.ELOOP);
            }

            SysResult followed = Libc.Open(directory, path, flags);
            if (followed.IsError)
            {
                return followed;
            }

            SysResult known = FileFacts.Of((int)followed.Value, out FileFacts target);
            if (!known.IsError && target.Owner == own.Owner)
            {
                return followed;
            }

            Unistd.Close((int)followed.Value);
            return known.IsError ? known : SysResult.Error(Errno.ELOOP); // an unknown owner is not the same owner
        }
    }
}
