using Bench.Interop;

namespace Bench.Measuring;

/// <summary>
/// The CPU time of a process to the nanosecond, threads that have ended included; /proc/PID/stat has the same in ticks of 10 ms.
/// </summary>
internal static unsafe class CpuClock
{
    /// <summary>CPUCLOCK_SCHED of the kernel's posix-timers.h: nanoseconds that the scheduler gave.</summary>
    private const int CpuClockSched = 2;

    /// <summary>CPU time so far of a process and its threads; null when it has gone.</summary>
    public static TimeSpan? Read(int process)
    {
        Libc.timespec time;
        int clock = (~process << 3) | CpuClockSched;   // what clock_getcpuclockid(3) returns
        return Libc.clock_gettime(clock, &time) == 0
            ? TimeSpan.FromSeconds(time.tv_sec) + TimeSpan.FromTicks(time.tv_nsec / 100)
            : null;
    }

    /// <summary>The sum over several processes; those that have gone count nothing.</summary>
    public static TimeSpan ReadAll(IEnumerable<int> processes) =>
        processes.Aggregate(TimeSpan.Zero, (sum, process) => sum + (Read(process) ?? TimeSpan.Zero));
}
