using FileAio.Interop;

namespace FileAio.Files;

/// <summary>
/// Whether openat2(2) and RESOLVE_CACHED are supported. Probed once by opening the root itself, because a later error of a file (EPERM,
/// EINVAL) belongs to that file.
/// </summary>
/// <param name="HasOpenAt2">Linux 5.6 or later, and no filter of system calls (a container's) refuses it.</param>
/// <param name="HasCached">RESOLVE_CACHED: Linux 5.12 or later.</param>
internal readonly record struct OpenAt2Support(bool HasOpenAt2, bool HasCached)
{
    public static unsafe OpenAt2Support Probe(int directory)
    {
        fixed (byte* self = ".\0"u8)
        {
            bool openAt2 = IsKnown(directory, self, 0);
            return new OpenAt2Support(openAt2, openAt2 && IsKnown(directory, self, Libc.RESOLVE_CACHED));
        }
    }

    /// <summary>EACCES, EMFILE and EAGAIN are returned by kernels that support the call and the flag.</summary>
    private static unsafe bool IsKnown(int directory, byte* path, ulong resolve)
    {
        SysResult opened = Libc.Open2(directory, path, Libc.O_PATH | Libc.O_DIRECTORY | Fcntl.O_CLOEXEC, resolve);
        if (!opened.IsError)
        {
            Unistd.Close((int)opened.Value);
        }

        return opened.Errno is not (Errno.ENOSYS or Errno.EPERM or Errno.EINVAL) || !opened.IsError;
    }
}
