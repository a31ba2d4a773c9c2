using System.Diagnostics;
using Transport.Core.Interop.Threads;

namespace Transport.Core.Loops.Merging;

/// <summary>
/// How much of a processor the thread that leads a loop has used of late, and how long it has waited for one. The leader measures; other
/// loops of the transport read.
/// </summary>
internal sealed class LoopLoad
{
    /// <summary>From here on a thread takes part in a contention, in processors. A guess.</summary>
    private const double LeastUsed = 0.03;

    /// <summary>From here on it waits for a processor often. A guess.</summary>
    private const double LeastDelay = 0.1;

    private ThreadCpuClock? _clock;
    private long _at;
    private long? _cpu;
    private long? _delay;
    private double? _idle;
    private Sample _last = Sample.None;

    /// <summary>The last measurement. Any thread.</summary>
    public Sample Last => Volatile.Read(ref _last);

    /// <summary>What the threads of this loop and of the one that merged with it last used before. Written by the guest before it merges.</summary>
    public double UsedBeforeMerging { get; set; }

    /// <summary>The next measurement begins anew, because what is measured has changed. Leader only.</summary>
    public void Restart()
    {
        _clock = null;
        Volatile.Write(ref _last, Sample.None);
    }

    /// <summary>Ends a measurement and begins the next one. Leader only.</summary>
    /// <param name="now">The time, in ticks of <see cref="Stopwatch"/>.</param>
    /// <param name="atMost">A longer time, in ticks, says nothing about now: the loop has slept.</param>
    /// <param name="withIdle">The machine's idle time is measured too.</param>
    public void Measure(long now, long atMost, bool withIdle)
    {
        ThreadCpuClock? clock = ThreadCpuClock.Current;
        long? cpu = clock?.ReadNanoseconds();
        double elapsed = Stopwatch.GetElapsedTime(_at, now).TotalNanoseconds;
        double used = (cpu - _cpu) / elapsed ?? 0;

        // The wait for a processor is in a file: it is read only where the thread has something to do.
        long? delay = used >= LeastUsed ? clock?.ReadRunDelay() : null;
        double? idle = withIdle ? ProcessorIdleTime.Read() : null;
        if (clock is not null && clock == _clock && now - _at <= atMost)
        {
            double delayed = (delay - _delay) / elapsed ?? 0;
            int contended = used >= LeastUsed && delayed >= LeastDelay ? _last.Contended + 1 : 0;
            double idleProcessors = (idle - _idle) * 1e9 / elapsed ?? 0;
            Volatile.Write(ref _last, new Sample(now, used, delayed, contended, idleProcessors));
        }
        else
        {
            Volatile.Write(ref _last, Sample.None);
        }

        (_clock, _at, _cpu, _delay, _idle) = (clock, now, cpu, delay, idle);
    }

    /// <summary>A measurement. Times are in processors: 1 is all of the time of one.</summary>
    /// <param name="At">When it ended, in ticks of <see cref="Stopwatch"/>.</param>
    /// <param name="Used">The CPU time of the thread.</param>
    /// <param name="Delay">The time for which the thread was runnable, and waited for a processor.</param>
    /// <param name="Contended">The number of measurements without a gap, up to this one, in which the thread waited often.</param>
    /// <param name="Idle">The idle time of all processors of the machine; 0 where it was not measured.</param>
    internal sealed record Sample(long At, double Used, double Delay, int Contended, double Idle)
    {
        public static readonly Sample None = new(0, 0, 0, 0, 0);
    }
}
