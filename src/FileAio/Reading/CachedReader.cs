using FileAio.Diagnostics;
using FileAio.Files;
using FileAio.Interop;

namespace FileAio.Reading;

/// <summary>
/// Reads through the page cache on the calling thread. It waits for the disk only if <paramref name="mayWait"/> says so, or for a file in
/// memory, which never waits.
/// </summary>
internal readonly struct CachedReader(OpenedFile file, bool mayWait)
{
    private bool MayWait => mayWait || file.Device.InMemory;

    /// <summary>Whether <see cref="Read"/> can succeed. If not, an engine must read.</summary>
    public bool CanRead => MayWait || file.AllowsNoWait;

    /// <summary>Reads cached bytes. Returns −EAGAIN on a page-cache miss.</summary>
    public SysResult Read(Span<byte> memory, long position)
    {
        bool waits = MayWait;
        SysResult read = waits ? Libc.Read(file.Descriptor, memory, position) : Libc.ReadNoWait(file.Descriptor, memory, position);
        if (!waits && RefusesNoWait(read))
        {
            file.RefuseNoWait();
            return SysResult.Error(Errno.EAGAIN);
        }

        if (read.Errno == Errno.EINTR)
        {
            return SysResult.Error(Errno.EAGAIN);
        }

        if (read.Value > 0)
        {
            FileMetrics.ReadFromPageCache(read.Value);
        }

        return read;
    }

    /// <summary>Whether the byte at this offset is cached.</summary>
    public bool IsCached(long position)
    {
        Span<byte> one = stackalloc byte[1];
        if (!file.AllowsNoWait)
        {
            return false;
        }

        SysResult read = Libc.ReadNoWait(file.Descriptor, one, position);
        if (RefusesNoWait(read))
        {
            file.RefuseNoWait();
        }

        return read.Value > 0;
    }

    /// <summary>
    /// Returns whether preadv2 with RWF_NOWAIT is unavailable: the filesystem or a system call filter refuses it. A plain pread reports
    /// the actual error.
    /// </summary>
    private static bool RefusesNoWait(SysResult read) => read.Errno is Errno.EOPNOTSUPP or Errno.EINVAL or Errno.ENOSYS or Errno.EPERM;
}
