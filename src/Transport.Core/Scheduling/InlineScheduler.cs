using Transport.Core.Loops;
using Transport.Core.Loops.Merging;
using Transport.Core.Scheduling.Threads;

namespace Transport.Core.Scheduling;

/// <summary>
/// Application code on the loop's own thread, in a phase of its own between receiving and sending. The cheapest way; a handler that blocks
/// blocks every connection of the loop.
/// </summary>
internal sealed class InlineScheduler(EventLoop loop) : ApplicationScheduler, IMergingScheduler
{
    /// <summary>The loop, merged with another so far, is the thread's again.</summary>
    private readonly SemaphoreSlim _called = new(0);
    private bool _stopped;
    private WorkList _turn = new();
    private WorkList _running = new();

    public override bool HasWork => _turn.Count > 0;

    public override bool IsOut => false;

    public override void Schedule(Action<object?> action, object? state)
    {
        if (loop.IsCurrent)
        {
            _turn.Add(new WorkItem(action, state));
        }
        else if (!loop.TryPost(static item => ((DeferredItem)item!).Reschedule(), new DeferredItem(this, action, state)))
        {
            UnsafeThreadPool.Queue(action, state);
        }
    }

    public override bool RunTurn()
    {
        // What the work schedules in its turn waits for the next: sends come first.
        (_turn, _running) = (_running, _turn);
        for (int i = 0; i < _running.Count; i++)
        {
            _running[i].TryRunAsApplication(loop);
        }

        _running.Clear();
        return true;
    }

    /// <summary>Not measured: no other thread would help.</summary>
    public bool HasLongItems => false;

    public bool RunGuest(EventLoop guest, out GuestTurn turn)
    {
        loop.Leave();
        turn = guest.RunAsGuest(loop);
        loop.Enter();
        return true;
    }

    public void BorrowThread()
    {
    }

    public void ReturnThread(IMergingScheduler host)
    {
    }

    public bool TryCallLeader()
    {
        _called.Release();
        return true;
    }

    public override void Stop() => _stopped = true;

    public override void Follow()
    {
        while (!_stopped)
        {
            _called.Wait();
            loop.Lead();
        }
    }

    /// <summary>Scheduled off the loop, which happens when a read is cancelled by a timer or the like: rare enough to allocate.</summary>
    private sealed record DeferredItem(InlineScheduler Scheduler, Action<object?> Action, object? State)
    {
        public void Reschedule() => Scheduler.Schedule(Action, State);
    }
}
