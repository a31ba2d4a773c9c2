using Bench.Interop;

namespace Bench.Measuring;

/// <summary>
/// Reads the CPU time of a process, including threads that have ended, in nanoseconds. /proc/PID/stat has ticks of 10 ms.
/// </summary>
internal static unsafe class CpuClock
{
    /// <summary>CPUCLOCK_SCHED of the kernel's posix-timers.h.</summary>
    private const int CpuClockSched = 2;

    /// <summary>Returns the CPU time of a process; null when it has ended.</summary>
    public static TimeSpan? Read(int process)
    {
        Libc.timespec time;
        int clock = (~process << 3) | CpuClockSched;   // the clock id that clock_getcpuclockid(3) returns
        return Libc.clock_gettime(clock, &time) == 0
            ? TimeSpan.FromSeconds(time.tv_sec) + TimeSpan.FromTicks(time.tv_nsec / 100)
            : null;
    }

    /// <summary>Returns the sum over several processes; processes that have ended count 0.</summary>
    public static TimeSpan ReadAll(IEnumerable<int> processes) =>
        processes.Aggregate(TimeSpan.Zero, (sum, process) => sum + (Read(process) ?? TimeSpan.Zero));
}
