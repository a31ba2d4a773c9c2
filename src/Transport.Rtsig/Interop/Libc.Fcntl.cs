using System.Runtime.InteropServices;

namespace Transport.Rtsig.Interop;

/// <summary>fcntl.h: signal-driven I/O.</summary>
internal static partial class Libc
{
    public const int F_SETSIG = 10;
    public const int F_SETOWN_EX = 15;
    public const int F_GETOWN_EX = 16;
    public const int F_OWNER_TID = 0;
    public const int O_ASYNC = 0x2000;

    /// <summary>struct f_owner_ex: who gets the signals.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct f_owner_ex
    {
        public int type;
        public int pid;
    }

    [LibraryImport("libc")]
    internal static partial int gettid();
}
