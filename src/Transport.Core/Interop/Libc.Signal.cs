using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Transport.Core.Interop;

/// <summary>signal.h: signal sets.</summary>
internal static unsafe partial class Libc
{
    /// <summary>sigset_t of glibc and musl: 1,024 bits, of which the kernel uses 64.</summary>
    [InlineArray(16)]
    public struct sigset_t
    {
        private ulong _bits;
    }

    [LibraryImport("libc")]
    internal static partial int sigemptyset(sigset_t* set);

    [LibraryImport("libc")]
    internal static partial int sigfillset(sigset_t* set);

    [LibraryImport("libc")]
    internal static partial int sigaddset(sigset_t* set, int signum);

    [LibraryImport("libc")]
    internal static partial int sigdelset(sigset_t* set, int signum);

    [LibraryImport("libc")]
    internal static partial int __libc_current_sigrtmin();
}
