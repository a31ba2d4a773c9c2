using System.Runtime.InteropServices;

namespace Transport.Core.Interop;

/// <summary>sys/resource.h.</summary>
internal static unsafe partial class Libc
{
    public const int RLIMIT_NPROC = 6;
    public const int RLIMIT_NOFILE = 7;

    /// <summary>struct rlimit: the soft limit, which applies, and the hard limit, up to which a process may raise it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct rlimit
    {
        public ulong rlim_cur;
        public ulong rlim_max;
    }

    [LibraryImport("libc")]
    internal static partial int getrlimit(int resource, rlimit* rlim);
}
