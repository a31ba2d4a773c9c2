using System.Diagnostics;
using Transport.Core.Interop.Threads;

namespace Transport.Core.Scheduling.Workers;

/// <summary>A thread that runs batches, as the <see cref="BatchScheduler"/> and its blocked-worker detection see it.</summary>
internal abstract class BatchWorker
{
    /// <summary>
    /// A thread that uses less than a quarter of a processor between two checks waits rather than computes. A guess; blocking calls use
    /// next to nothing, and computing uses all that the scheduler gives.
    /// </summary>
    private const int BlockedShare = 4;

    /// <summary>Items it has finished. Written by its own thread alone, and only ever compared with an earlier value.</summary>
    public long Finished;

    /// <summary>Its thread runs by now. One that was called and has not been given a processor yet is late, not blocked.</summary>
    public bool Started;

    /// <summary>Taken to be blocked. Set and cleared under the scheduler's lock.</summary>
    public bool IsBlocked;

    /// <summary>Of the thread that runs it. Written by that thread before <see cref="Started"/>.</summary>
    public ThreadCpuClock? Clock;

    private long _finishedAtLastCheck;
    private int _checksAtItem;
    private long? _cpuAtLastCheck;
    private long _lastCheck;

    /// <summary>Calls it to work; its thread comes to <see cref="BatchScheduler.Drain"/>. Not under the scheduler's lock.</summary>
    public abstract void Call();

    /// <summary>Forgets what the last call left. Under the scheduler's lock, before <see cref="Call"/>.</summary>
    public void Reset()
    {
        Started = false;
        IsBlocked = false;
        _checksAtItem = 0;
    }

    /// <summary>One check of its progress. Under the scheduler's lock.</summary>
    /// <returns>Checks in a row that found it at the same item.</returns>
    public int CheckProgress()
    {
        _checksAtItem = IsAtSameItem && Volatile.Read(ref Started) ? _checksAtItem + 1 : 0;
        _finishedAtLastCheck = Volatile.Read(ref Finished);
        return _checksAtItem;
    }

    /// <summary>Whether it has finished nothing since the last <see cref="CheckProgress"/>.</summary>
    public bool IsAtSameItem => Volatile.Read(ref Finished) == _finishedAtLastCheck;

    /// <summary>
    /// Tells blocked from busy: whether its thread has used next to no CPU time since the last call for the same item, and is not merely
    /// waiting for a processor. On the thread that checks, not under the scheduler's lock.
    /// </summary>
    /// <returns>False at the first call for an item, which has nothing to compare with.</returns>
    public bool CheckBlocked(long now)
    {
        long? cpu = ReadCpuNanoseconds();
        long? used = cpu - _cpuAtLastCheck;
        long elapsed = (long)Stopwatch.GetElapsedTime(_lastCheck, now).TotalNanoseconds;
        (_cpuAtLastCheck, _lastCheck) = (cpu, now);

        // Without a clock every worker that finishes nothing is taken to be blocked.
        return _checksAtItem > 1 && (cpu is null || (used * BlockedShare < elapsed && !IsRunnable()));
    }

    protected virtual long? ReadCpuNanoseconds() => Clock?.ReadNanoseconds();

    protected virtual bool IsRunnable() => Clock?.IsRunnable() ?? false;
}
