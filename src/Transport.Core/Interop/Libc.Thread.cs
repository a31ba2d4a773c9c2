using System.Runtime.InteropServices;

namespace Transport.Core.Interop;

/// <summary>time.h: the CPU-time clock of a thread.</summary>
internal static unsafe partial class Libc
{
    [LibraryImport("libc")]
    internal static partial int clock_gettime(int clockid, timespec* tp);
}
