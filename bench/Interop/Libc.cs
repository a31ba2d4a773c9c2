using System.Runtime.InteropServices;

namespace Bench.Interop;

/// <summary>System calls that .NET does not expose.</summary>
internal static unsafe partial class Libc
{
    public const int EPOLL_CTL_ADD = 1;
    public const uint EPOLLIN = 0x1;
    public const uint EPOLLOUT = 0x4;
    public const int SIGCONT = 18;
    public const int SIGSTOP = 19;
    public const int SIGTERM = 15;
    public const int EINTR = 4;
    private const int PRIO_PROCESS = 0;
    private const int HighestPriority = -20;

    // The kernel packs this struct on x86-64 alone (EPOLL_PACKED in uapi/linux/eventpoll.h).
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    public struct epoll_event_packed
    {
        public uint events;
        public ulong data;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct epoll_event_aligned
    {
        public uint events;
        public ulong data;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct timespec
    {
        public long tv_sec;
        public long tv_nsec;
    }

    public static int OrErrno(int result) => result == -1 ? -Marshal.GetLastSystemError() : result;

    [LibraryImport("libc")]
    public static partial int epoll_create1(int flags);

    [LibraryImport("libc")]
    public static partial int epoll_ctl(int epfd, int op, int fd, void* @event);

    /// <summary>epoll_wait with a time-out in nanoseconds; Linux 5.11 or later.</summary>
    [LibraryImport("libc")]
    public static partial int epoll_pwait2(int epfd, void* events, int maxevents, timespec* timeout, void* sigmask);

    [LibraryImport("libc")]
    public static partial int close(int fd);

    /// <summary>Writes all dirty pages of the file system that contains the file.</summary>
    [LibraryImport("libc")]
    public static partial int syncfs(int fd);

    [LibraryImport("libc")]
    public static partial int kill(int pid, int sig);

    [LibraryImport("libc")]
    public static partial int clock_gettime(int clockid, timespec* tp);

    [LibraryImport("libc")]
    public static partial int sched_setaffinity(int pid, nuint cpusetsize, byte* mask);

    /// <summary>
    /// Raises the priority of the calling thread where the user is allowed to. On Linux the nice value belongs to the thread,
    /// setpriority(2).
    /// </summary>
    public static void RaiseThisThread() => _ = setpriority(PRIO_PROCESS, 0, HighestPriority);

    [LibraryImport("libc")]
    private static partial int setpriority(int which, int who, int prio);
}
