using System.Runtime.InteropServices;

namespace Transport.Rtsig.Interop;

/// <summary>signal.h and sys/signalfd.h: signals as a queue to be read.</summary>
internal static unsafe partial class Libc
{
    public const int SIGIO = 29;
    public const int SIG_BLOCK = 0;
    public const int SFD_NONBLOCK = 0x800;
    public const int SFD_CLOEXEC = 0x80000;
    public const int RLIMIT_SIGPENDING = 11;

    /// <summary>struct signalfd_siginfo: 128 bytes, of which these are ours.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    public struct signalfd_siginfo
    {
        [FieldOffset(0)]
        public uint ssi_signo;

        [FieldOffset(8)]
        public int ssi_code;

        [FieldOffset(20)]
        public int ssi_fd;

        [FieldOffset(28)]
        public uint ssi_band;
    }

    /// <summary>siginfo_t of a signal that a descriptor raised, on 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    public struct siginfo_t
    {
        [FieldOffset(0)]
        public int si_signo;

        [FieldOffset(8)]
        public int si_code;

        [FieldOffset(16)]
        public nint si_band;

        [FieldOffset(24)]
        public int si_fd;
    }

    /// <summary>struct sigaction of glibc and musl: the handler comes first; 0 is SIG_DFL.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 152)]
    public struct sigaction_t
    {
        [FieldOffset(0)]
        public nint sa_handler;
    }

    /// <summary>struct rlimit on 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct rlimit
    {
        public nuint rlim_cur;
        public nuint rlim_max;
    }

    [LibraryImport("libc")]
    internal static partial int signalfd(int fd, Core.Interop.Libc.sigset_t* mask, int flags);

    [LibraryImport("libc")]
    internal static partial int sigtimedwait(Core.Interop.Libc.sigset_t* set, siginfo_t* info, timespec* timeout);

    /// <summary>Returns the error itself, unlike the rest.</summary>
    [LibraryImport("libc")]
    internal static partial int pthread_sigmask(int how, Core.Interop.Libc.sigset_t* set, Core.Interop.Libc.sigset_t* oldset);

    [LibraryImport("libc")]
    internal static partial int sigaction(int signum, sigaction_t* act, sigaction_t* oldact);

    [LibraryImport("libc")]
    internal static partial int __libc_current_sigrtmax();

    [LibraryImport("libc")]
    internal static partial int getrlimit(int resource, rlimit* rlim);
}
