using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Transport.Core.Interop.Threads;

/// <summary>
/// Determines whether a thread of this process computes or waits: its CPU time, and whether it is runnable. Any thread.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>The kernel has a clock for each thread. Its id is documented in <c>include/linux/posix-timers_types.h</c>: <c>(~tid &lt;&lt; 3) |
/// CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED</c>. <c>pthread_getcpuclockid(3)</c> returns the same.</item>
/// <item>A runnable thread that waits for a processor uses no CPU time either. <c>/proc/self/task/TID/stat</c> distinguishes the two: state
/// <c>R</c> is running or runnable.</item>
/// <item>After the thread has ended, both fail, or report a newer thread with the same number. Callers ask only about threads that are
/// known to run.</item>
/// </list>
/// </remarks>
internal sealed unsafe partial class ThreadCpuClock
{
    private const int CLOCK_PROCESS_CPUTIME_ID = 2;
    private const int CLOCK_THREAD_CPUTIME_ID = 3;
    private const int CPUCLOCK_SCHED = 2;
    private const int CPUCLOCK_PERTHREAD_MASK = 4;

    [ThreadStatic]
    private static ThreadCpuClock? t_current;

    private readonly string _stat;
    private readonly string _schedStat;

    private ThreadCpuClock(int threadId)
    {
        ThreadId = threadId;
        ClockId = (~threadId << 3) | CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED;
        _stat = string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{threadId}/stat");
        _schedStat = string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{threadId}/schedstat");
    }

    /// <summary>The clock of the calling thread, or null on an architecture whose system call numbers are not known.</summary>
    public static ThreadCpuClock? Current =>
        t_current ?? (RawSyscalls.AreSupported ? t_current = new ThreadCpuClock((int)syscall(RawSyscalls.SYS_gettid)) : null);

    public int ThreadId { get; }

    public int ClockId { get; }

    /// <summary>The CPU time that the thread has used since it started, in nanoseconds; null if it is not known.</summary>
    public long? ReadNanoseconds()
    {
        timespec time;
        return Libc.clock_gettime(ClockId, &time) == 0 ? (time.tv_sec * 1_000_000_000L) + time.tv_nsec : null;
    }

    /// <summary>CPU time of all threads of the process, in nanoseconds.</summary>
    public static long ReadProcessNanoseconds() => Read(CLOCK_PROCESS_CPUTIME_ID);

    /// <summary>CPU time of the calling thread, in nanoseconds.</summary>
    public static long ReadOwnNanoseconds() => Read(CLOCK_THREAD_CPUTIME_ID);

    /// <summary>
    /// Returns whether the thread is running or runnable. False if /proc is not mounted. About 10 µs: one open, read and close.
    /// </summary>
    public bool IsRunnable()
    {
        Span<byte> buffer = stackalloc byte[128];
        ReadOnlySpan<byte> text = ProcFile.Read(_stat, buffer);

        // "TID (name) S …": the name has at most 15 bytes and may itself contain a bracket, so the last bracket ends it.
        int end = text.LastIndexOf((byte)')');
        return end >= 0 && end + 2 < text.Length && text[end + 2] == 'R';
    }

    /// <summary>
    /// The time for which the thread has been runnable and waited for a processor since it started, in nanoseconds; null if it is not
    /// known, as in a kernel without CONFIG_SCHED_INFO. About 10 µs.
    /// </summary>
    public long? ReadRunDelay()
    {
        // "CPU-TIME DELAY TIMESLICES": Documentation/scheduler/sched-stats.rst.
        Span<byte> buffer = stackalloc byte[128];
        ReadOnlySpan<byte> text = ProcFile.Read(_schedStat, buffer);
        return Utf8Parser.TryParse(text[(text.IndexOf((byte)' ') + 1)..], out long delay, out _) ? delay : null;
    }

    private static long Read(int clock)
    {
        timespec time;
        return Libc.clock_gettime(clock, &time) == 0 ? (time.tv_sec * 1_000_000_000L) + time.tv_nsec : 0;
    }

    [LibraryImport("libc")]
    private static partial nint syscall(nint number);
}
