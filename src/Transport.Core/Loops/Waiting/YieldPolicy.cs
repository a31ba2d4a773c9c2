using System.Diagnostics;

namespace Transport.Core.Loops.Waiting;

/// <summary>
/// Decides whether a loop whose waits are short lets other threads run (sched_yield(2)) before it sleeps, where some wait for a processor.
/// Clients on the same machine, or other loops, run and send more, and the loop takes it at once, without a sleep and a wake-up for each
/// request. Loop thread only.
/// </summary>
internal sealed class YieldPolicy
{
    /// <summary>
    /// A thread that computes keeps the processor for its whole time slice, while the loop's clients wait; a thread that is woken would
    /// have got it back sooner. A time slice is 1.4 ms with two processors and longer with more.
    /// </summary>
    private static readonly long s_long = Stopwatch.Frequency / 1000;

    /// <summary>At most one of so many sleeps may be delayed by a time slice.</summary>
    private const int MostSkipped = 1023;

    private int _skipped;
    private int _left;

    public bool ShouldYield()
    {
        if (_left == 0)
        {
            return true;
        }

        _left--;
        return false;
    }

    /// <summary>A yield has ended. After a long one, more and more sleeps follow without one; after a short one, fewer.</summary>
    public void Add(long ticks)
    {
        _skipped = ticks >= s_long ? Math.Min((_skipped * 2) + 1, MostSkipped) : _skipped / 2;
        _left = _skipped;
    }
}
