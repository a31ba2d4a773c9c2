using System.Text;

namespace Transport.Core.Interop;

/// <summary>
/// An advisory lock on a folder, flock(2), which processes of this project hold while they replace or remove a file of it. The kernel
/// releases it at the latest when the process ends.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(5);

    private int _descriptor;

    private FolderLock(int descriptor) => _descriptor = descriptor;

    /// <param name="folder">The folder; the process needs read permission.</param>
    /// <param name="limit">How long to wait for another process.</param>
    /// <returns>Null if the folder cannot be opened, its file system has no locks, or the limit expires.</returns>
    public static FolderLock? TryTake(string folder, TimeSpan limit)
    {
        SysResult opened = Open(folder);
        if (opened.IsError)
        {
            return null;
        }

        int descriptor = (int)opened.Value;
        long end = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        SysResult locked;
        while ((locked = SysResult.From(Libc.flock(descriptor, Libc.LOCK_EX | Libc.LOCK_NB))).IsError)
        {
            if ((!locked.WouldBlock && locked.Errno != Errno.EINTR) || Environment.TickCount64 >= end)
            {
                Unistd.Close(descriptor);
                return null;
            }

            Thread.Sleep(Retry);
        }

        return new FolderLock(descriptor);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _descriptor, -1) is >= 0 and int descriptor)
        {
            Unistd.Close(descriptor);
        }
    }

    private static unsafe SysResult Open(string folder)
    {
        SysResult result;
        do
        {
            // SAFETY: fixed keeps the array in place during the call. 0 is O_RDONLY.
            fixed (byte* name = Encoding.UTF8.GetBytes(folder + '\0'))
            {
                result = SysResult.From(Libc.open(name, Fcntl.O_CLOEXEC));
            }
        }
        while (result.Errno == Errno.EINTR);
        return result;
    }
}
