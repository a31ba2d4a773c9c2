using System.Diagnostics;
using Transport.Core.Interop.Threads;

namespace Transport.Core.Loops.Waiting;

/// <summary>
/// Decides whether a loop that has nothing to do may poll for a while before it sleeps: when its waits have been short of late, the other
/// threads of the process use little of the other processors, and no thread of the machine waits for a processor. A wake-up of a sleeping
/// thread takes some 5 µs of its processor's time, and 10 to 50 µs pass until it runs. Loop thread only.
/// </summary>
/// <remarks>
/// A wait that the loop has slept through contains the loop's own wake-up, and on an idle machine the client's: it is longer than a spin,
/// although a spin would have met the event. So waits of a few spins count as short, and what the spins have met decides (see <see
/// cref="Opportunities"/>).
/// </remarks>
internal sealed class Spinner
{
    /// <summary>
    /// The number of waits that the mean covers: a power of two. A guess: one long wait ends spinning, some six short ones resume it.
    /// </summary>
    private const int MeanOf = 4;

    /// <summary>
    /// What the process's other threads may use of the other processors: with two connections on two loops and two processors each loop's
    /// spinning would take the processor of the clients. A guess.
    /// </summary>
    private const double MaxShareOfOthers = 0.25;

    /// <summary>A short wait, in spins: 200 µs by default. A guess.</summary>
    private const int ShortWait = 4;

    private static readonly long s_sampleEvery = Stopwatch.Frequency / 100;

    private readonly int _processors;
    private readonly long _limit;
    private readonly long _longest;
    private long _mean;
    private long _sampledAt;
    private long _processCpu;
    private long _threadCpu;
    private int _thread;
    private bool _othersAreBusy = true;
    private bool _isCrowded;

    public Spinner(int microseconds, int processors)
    {
        _processors = processors;
        _limit = microseconds * Stopwatch.Frequency / 1_000_000;
        _longest = _limit * 16;
        _mean = _longest;
    }

    /// <summary>Spinning is on: waits are to be measured.</summary>
    public bool IsOn => _limit > 0;

    /// <summary>
    /// The next wait is expected to be short, and threads wait for a processor. Valid after <see cref="CanSpin"/>.
    /// </summary>
    public bool IsCrowdedWait => _mean <= _limit * ShortWait && _isCrowded;

    /// <summary>The next wait is expected to be short, and nobody else of the process needs the processor.</summary>
    public bool CanSpin(long now)
    {
        if (_mean > _limit * ShortWait)
        {
            return false;
        }

        if (now - _sampledAt >= s_sampleEvery)
        {
            Sample(now);
        }

        return !_othersAreBusy && !_isCrowded;
    }

    /// <summary>Whether a spin that has begun at <paramref name="begun"/> is over.</summary>
    public bool IsOver(long begun, long now) => now - begun >= _limit;

    /// <summary>A wait has ended, spinning or asleep.</summary>
    public void Add(long ticks) => _mean += (Math.Min(ticks, _longest) - _mean) / MeanOf;

    private void Sample(long now)
    {
        long process = ThreadCpuClock.ReadProcessNanoseconds();
        long own = ThreadCpuClock.ReadOwnNanoseconds();
        int thread = Environment.CurrentManagedThreadId;
        if (thread == _thread)
        {
            // A sample over a long time says nothing about now: the next one, in 10 ms, does.
            double elapsed = Stopwatch.GetElapsedTime(_sampledAt, now).TotalNanoseconds;
            double others = (process - _processCpu - (own - _threadCpu)) / elapsed;
            _othersAreBusy = others > MaxShareOfOthers * (_processors - 1);
            _isCrowded = RunnableThreads.Count() > _processors;
        }

        (_sampledAt, _processCpu, _threadCpu, _thread) = (now, process, own, thread);
    }
}
