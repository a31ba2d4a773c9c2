using System.Diagnostics;
using Transport.Core.Interop.Threads;
using Transport.Core.Scheduling.Threads;

namespace Transport.Core.Scheduling.Leaders;

/// <summary>What a look at a loop has found.</summary>
internal enum Sight
{
    /// <summary>The loop runs no application code, and has run none since the last look.</summary>
    Quiet,

    /// <summary>The loop has run application code since the last look.</summary>
    Active,

    /// <summary>The loop is inside an item, which the next look may find still running.</summary>
    InItem,

    /// <summary>The loop is inside an item that an earlier look has found too.</summary>
    Lasting,

    /// <summary>The loop was inside an item that had lasted, and has been handed over.</summary>
    Taken,
}

/// <summary>
/// Watches the leader of one loop: an item that two checks find is taken to block if its thread has used no CPU time in between. The loop
/// is then handed to a parked thread. Monitor thread only.
/// </summary>
internal sealed class LeaderWatch(LeaderScheduler scheduler, RunningWorkers running)
{
    /// <summary>
    /// A thread that uses less than a quarter of a processor between two looks waits rather than computes. A guess; blocking calls use
    /// next to nothing, and computing uses all that the scheduler gives.
    /// </summary>
    private const int BlockedShare = 4;

    /// <summary>
    /// After so many looks at one item, about 10 ms, the loop moves though no processor is idle: the kernel's scheduler then shares the
    /// processors between the item and the loop. As long as Go's sysmon lets a goroutine run. At most one such thread a processor.
    /// </summary>
    private const int LooksBeforeSharing = 10;

    /// <summary>
    /// An item computes long enough to move the loop once it has used this much CPU time. If it merely waits for a processor, because
    /// others use them all, another thread that waits for one too would not help.
    /// </summary>
    private const long LongNanoseconds = 750_000;

    private long _lastItem;
    private long _item;
    private int _looks;
    private long? _cpuAtFirstLook;
    private long? _cpu;
    private long _at;

    public Sight Look(long now)
    {
        long item = scheduler.Leadership.Look();
        if (item == 0 || item != _item)
        {
            long last = scheduler.Leadership.Last;
            bool active = last != _lastItem;
            (_lastItem, _item, _looks) = (last, item, 0);
            if (item == 0)
            {
                return active ? Sight.Active : Sight.Quiet;
            }

            (_cpu, _at) = (scheduler.Leader?.Clock?.ReadNanoseconds(), now);
            _cpuAtFirstLook = _cpu;
            return Sight.InItem;
        }

        _looks++;
        LoopThread leader = scheduler.Leader!;
        bool blocked = IsBlocked(leader.Clock, now);
        return (blocked || MayMoveFromComputing()) && TryHandOver(leader, item, blocked) ? Sight.Taken : Sight.Lasting;
    }

    /// <summary>A host's item that is a guest's turn is many items of the guest, unless the guest was taken for one of them.</summary>
    private bool MayMoveFromComputing() => (scheduler.Guest is not { } guest || guest.Leader != scheduler.Leader)
        && _cpu - _cpuAtFirstLook >= LongNanoseconds
        && (running.HasIdleProcessor || (_looks >= LooksBeforeSharing && running.HasRoom));

    private bool IsBlocked(ThreadCpuClock? clock, long now)
    {
        long? cpu = clock?.ReadNanoseconds();
        long? used = cpu - _cpu;
        long elapsed = (long)Stopwatch.GetElapsedTime(_at, now).TotalNanoseconds;
        (_cpu, _at) = (cpu, now);

        // Without a clock every item that lasts is taken to block.
        return used is null || (used * BlockedShare < elapsed && !clock!.IsRunnable());
    }

    /// <summary>
    /// Only a thread that is parked can take the loop: one that has yet to be started may never be.
    /// </summary>
    private bool TryHandOver(LoopThread leader, long item, bool blocked)
    {
        LoopThreads threads = scheduler.Threads;
        if (!scheduler.CanRun)
        {
            // MaxWorkers: one more thread inside an item is not allowed, so the loop stays where it is.
            return false;
        }

        LoopThread? follower = threads.TryUnpark(reserve: 0);
        if (follower is null)
        {
            threads.RequestSpare(1 + threads.Aside);
            return false;
        }

        threads.GoAside();
        if (!blocked)
        {
            threads.Count(leader);
        }

        if (!scheduler.Leadership.TryTake(item))
        {
            leader.Uncount(running);
            threads.LeaveAside();
            threads.Repark(follower);
            return false;
        }

        follower.CallToLead();

        // Handlers that block come in numbers: the more are blocked, the more threads are ready, so that the last of eight finds one.
        threads.RequestSpare(Math.Max(2, 1 + (threads.Aside / 2)));
        return true;
    }
}
