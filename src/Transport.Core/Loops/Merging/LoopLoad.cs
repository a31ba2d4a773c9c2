using System.Diagnostics;
using Transport.Core.Interop.Threads;

namespace Transport.Core.Loops.Merging;

/// <summary>
/// How much of a processor the thread that leads a loop has used of late, and how long it has waited for one. The leader measures; other
/// loops of the transport read.
/// </summary>
internal sealed class LoopLoad
{
    /// <summary>A thread that uses less has little to do: how long it waits for a processor is not read. A guess.</summary>
    private const double LeastUsed = 0.08;

    /// <summary>
    /// A thread that is runnable for less of the time sleeps in between: what merging gains is lost in the pauses, where loops part. A
    /// guess, between 0.68 and more in works that gain and half of that where their load comes in slices.
    /// </summary>
    private const double LeastRunnable = 0.55;

    /// <summary>From here on it waits for a processor often: the share of the time in which it is runnable. A guess.</summary>
    private const double LeastDelayed = 0.2;

    private ThreadCpuClock? _clock;
    private long _at;
    private long? _cpu;
    private long? _delay;
    private double? _idle;
    private long _events;
    private long _waits;
    private Sample _last = Sample.None;

    /// <summary>The last measurement. Any thread.</summary>
    public Sample Last => Volatile.Read(ref _last);

    /// <summary>
    /// The events per second of this loop, its guests, and the loop that merged with it last, before it did. Written by that loop.
    /// </summary>
    public double EventsBeforeMerging { get; set; }

    /// <summary>Whether a thread that has used so much, and waited for so long, hardly sleeps and often waits for a processor.</summary>
    public static bool IsContended(double used, double delayed) =>
        used + delayed >= LeastRunnable && delayed >= (used + delayed) * LeastDelayed;

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
    /// <param name="events">The events that the loop and its guests have had so far.</param>
    /// <param name="waits">The waits that returned them.</param>
    /// <param name="hasLongItems">Items of the application are so long that other threads help with them.</param>
    public void Measure(long now, long atMost, bool withIdle, long events, long waits, bool hasLongItems)
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
            int contended = IsContended(used, delayed) ? _last.Contended + 1 : 0;
            double idleProcessors = (idle - _idle) * 1e9 / elapsed ?? 0;
            double perSecond = (events - _events) * 1e9 / elapsed;
            perSecond = _last.At == 0 ? perSecond : (perSecond + _last.Events) / 2;
            double perWait = (double)(events - _events) / Math.Max(1, waits - _waits);
            Volatile.Write(ref _last, new Sample(now, used, delayed, contended, idleProcessors, perSecond, perWait, hasLongItems));
        }
        else
        {
            Volatile.Write(ref _last, Sample.None);
        }

        (_clock, _at, _cpu, _delay, _idle, _events, _waits) = (clock, now, cpu, delay, idle, events, waits);
    }

    /// <summary>A measurement. Times are in processors: 1 is all of the time of one.</summary>
    /// <param name="At">When it ended, in ticks of <see cref="Stopwatch"/>.</param>
    /// <param name="Used">The CPU time of the thread.</param>
    /// <param name="Delay">The time for which the thread was runnable, and waited for a processor.</param>
    /// <param name="Contended">The number of measurements without a gap, up to this one, in which <see cref="IsContended"/> held.</param>
    /// <param name="Idle">The idle time of all processors of the machine; 0 where it was not measured.</param>
    /// <param name="Events">Events per second: a mean in which a measurement counts as much as all before it.</param>
    /// <param name="EventsPerWait">Events per wait, waits without one included.</param>
    /// <param name="HasLongItems">Items of the application are so long that other threads help with them.</param>
    internal sealed record Sample(
        long At,
        double Used,
        double Delay,
        int Contended,
        double Idle = 0,
        double Events = 0,
        double EventsPerWait = 0,
        bool HasLongItems = false)
    {
        public static readonly Sample None = new(0, 0, 0, 0);
    }
}
