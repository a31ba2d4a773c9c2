using System.Runtime.InteropServices;

namespace Transport.Core.Interop;

/// <summary>sys/file.h, and open(2).</summary>
internal static unsafe partial class Libc
{
    public const int LOCK_EX = 2;
    public const int LOCK_NB = 4;

    /// <summary>Without O_CREAT, so without the third argument.</summary>
    [LibraryImport("libc")]
    internal static partial int open(byte* pathname, int flags);

    [LibraryImport("libc")]
    internal static partial int flock(int fd, int operation);
}
