using System.Diagnostics;
using Transport.Core.Interop.Threads;
using Transport.Core.Loops;
using Transport.Core.Loops.Merging;
using Transport.Core.Scheduling.Threads;

namespace Transport.Core.Scheduling.Leaders;

/// <summary>
/// Application code on the thread that leads the loop, in a phase of its own between receiving and sending, as
/// <see cref="InlineScheduler"/> runs it. When an item does not return, <see cref="LoopMonitor"/> hands the loop to a parked thread, which
/// continues with the rest of the batch; the thread that was inside the item parks when it returns.
/// </summary>
/// <remarks>
/// The batch, its position and all else of the loop belong to the leader between two items (see <see cref="Leadership"/>). During an item
/// nobody owns them, so the item's thread reaches the loop by the mailbox only, as any other thread does.
/// </remarks>
internal sealed class LeaderScheduler : ApplicationScheduler, IMergingScheduler
{
    private readonly EventLoop _loop;
    private readonly LoopThreads _threads;
    private readonly LoopMonitor _monitor;
    private readonly RunningWorkers _process = RunningWorkers.OfProcess;
    private readonly int _maxWorkers;

    // The leader's.
    private WorkList _turn = new();
    private WorkList _running = new();

    /// <summary>The first of <see cref="_running"/> that has not been begun. An item that threw is not run again.</summary>
    private int _next;
    private LoopThread? _leader;
    private LoopThread? _first;
    private LeaderScheduler? _guest;

    /// <summary>The next leader is called because the loop leaves its host, and not because an item does not return.</summary>
    private bool _isLeavingHost;
    private bool _isStarted;
    private bool _stopped;
    private bool _exhaustedLogged;
    private bool _startFailureLogged;
    private ItemLength _length;

    public LeaderScheduler(EventLoop loop, int maxWorkers, Diagnostics.LoopCounters counters, ThreadStarter starter, LoopMonitor monitor)
    {
        _loop = loop;
        _maxWorkers = maxWorkers;
        _monitor = monitor;
        _threads = new LoopThreads(this, loop.Name, maxWorkers, counters, starter);
        Watch = new LeaderWatch(this, _process);
    }

    public Leadership Leadership { get; } = new();

    /// <summary>The monitor's view of this loop.</summary>
    public LeaderWatch Watch { get; }

    public LoopThreads Threads => _threads;

    /// <summary>The thread that leads. Any thread may read it while it knows the number of an item that the thread runs.</summary>
    public LoopThread? Leader => Volatile.Read(ref _leader);

    /// <summary>The guest of which the leader runs a turn: the item that it is inside is the guest's. Any thread.</summary>
    public LeaderScheduler? Guest => Volatile.Read(ref _guest);

    public override bool HasWork => _turn.Count > 0 || HasRest || _threads.Shared.Count > 0;

    public override bool CanRun => _threads.Aside < _maxWorkers;

    public override bool IsOut => false;

    public override void Start()
    {
        _leader = _first = new LoopThread(this, _loop.Name);
        _first.Begin();
        try
        {
            _monitor.Add(this);
        }
        catch (Exception exception) when (ThreadLimit.IsCauseOf(exception))
        {
            throw ThreadLimit.Exception($"{_loop.Name} is not started, for want of its monitor", exception);
        }

        _isStarted = true;
        _threads.RequestSpare(1);
    }

    public override void Schedule(Action<object?> action, object? state)
    {
        if (!_loop.IsCurrent)
        {
            // A connection's first read, which Kestrel makes on the thread pool; a read that a timer cancels, and the like.
            if (!_loop.TryPost(static item => ((DeferredItem)item!).Reschedule(), new DeferredItem(this, action, state)))
            {
                UnsafeThreadPool.Queue(action, state);
            }
        }
        else if (_stopped)
        {
            UnsafeThreadPool.Queue(action, state);
        }
        else
        {
            _turn.Add(new WorkItem(action, state));
        }
    }

    public override bool RunTurn()
    {
        if (_next == _running.Count)
        {
            // What the work schedules in its turn waits for the next: sends come first.
            _running.Clear();
            _next = 0;
            (_turn, _running) = (_running, _turn);
        }

        if (!HasRest && _threads.Shared.Count == 0)
        {
            return true;
        }

        if (_length.IsLong)
        {
            Share();
        }

        int items = _length.ItemsPerTurn;
        long begun = Stopwatch.GetTimestamp();
        int finished = 0;
        LoopThread thread = _leader!;
        while (finished < items && TryNext(out WorkItem item))
        {
            _loop.Leave();
            long sequence = Leadership.Begin();
            _monitor.Notify();
            item.TryRunAsApplication(_loop);
            if (!Leadership.TryEnd(sequence))
            {
                _threads.Returned(thread);
                return false;
            }

            _loop.Enter();
            finished++;
        }

        _length.Add(finished, Stopwatch.GetTimestamp() - begun);
        return true;
    }

    public bool HasLongItems => _length.IsLong;

    public bool RunGuest(EventLoop guest, out GuestTurn turn)
    {
        LoopThread thread = _leader!;
        Volatile.Write(ref _guest, (LeaderScheduler)guest.Application);
        _loop.Leave();
        long sequence = Leadership.Begin();
        _monitor.Notify();
        turn = guest.RunAsGuest(_loop);
        if (!Leadership.TryEnd(sequence))
        {
            if (turn != GuestTurn.Elsewhere)
            {
                // The host's new leader may have received an event of the guest while this thread still had the guest.
                _loop.PostReady(guest);
            }

            _threads.Returned(thread);
            return false;
        }

        _loop.Enter();
        Volatile.Write(ref _guest, null);
        return true;
    }

    public void BorrowThread()
    {
        // Not the host's leader: the host may have been taken from this thread by now.
        Volatile.Write(ref _leader, LoopThread.Current);
        AttachThread();
    }

    public void ReturnThread(IMergingScheduler host) => ((LeaderScheduler)host).AttachThread();

    public bool TryCallLeader()
    {
        if (_threads.TryUnpark(reserve: 0) is not { } thread)
        {
            return false;
        }

        _isLeavingHost = true;
        thread.CallToLead();
        return true;
    }

    /// <summary>The loop has ended: nothing will be begun any more.</summary>
    public override void Stop()
    {
        _stopped = true;
        _monitor.Remove(this);
        _threads.Stop(leaderParks: _isStarted);
    }

    /// <summary>The loop's first thread, once it does not lead.</summary>
    public override void Follow() => _first?.Follow();

    /// <summary>On a thread that was called: leads the loop until it ends or is taken from this thread too.</summary>
    public void Lead(LoopThread thread)
    {
        Volatile.Write(ref _leader, thread);
        if (_isLeavingHost)
        {
            _isLeavingHost = false;
        }
        else
        {
            _loop.Counters.TakeOvers++;
            if (_guest is null)
            {
                // Otherwise the item that did not return was a guest's.
                _length.AddTaken();
            }
        }

        Volatile.Write(ref _guest, null);

        _loop.Lead();
    }

    /// <summary>On a thread that was called: runs items that are shared, beside the leader.</summary>
    public void Help(LoopThread thread)
    {
        while (_threads.Shared.TryTake(out WorkItem item))
        {
            item.TryRunAsApplication(_loop);
            thread.Finished++;
        }

        _threads.Returned(thread);
    }

    /// <summary>The calling thread becomes one of the loop's.</summary>
    public void AttachThread() => SetRunsFor(_loop);

    public void Started() => _threads.Started();

    public bool TryPark(LoopThread thread) => _threads.TryPark(thread);

    public bool TryRetire(LoopThread thread) => _threads.TryRetire(thread);

    /// <summary>On the starter's thread.</summary>
    public void ThreadNotStarted(string reason)
    {
        _threads.NotStarted();

        // Not here, since a log provider may block, and not by the loop, which may be inside an item with no thread to take it over.
        if (!Interlocked.Exchange(ref _startFailureLogged, true))
        {
            UnsafeThreadPool.Queue(static failure => ((StartFailure)failure!).Log(), new StartFailure(_loop, reason));
        }
    }

    /// <summary>A thread beside the leader has returned, and the leader may run items again that it could not.</summary>
    public void WakeLeader() => _loop.TryPost(static _ => { }, null);

    /// <summary>
    /// Long items: any free thread may run the rest of the batch, and parked threads are called beside the leader. One per processor while
    /// a processor is idle, and as many as are blocked already, because handlers that block come in numbers.
    /// </summary>
    private void Share()
    {
        int items = _running.Count - _next + _threads.Shared.Count;
        if (items < 2)
        {
            return;
        }

        // The leader itself takes a processor and an item.
        int wanted = Math.Min(items - 1, Math.Max(_process.IdleProcessors - 1, _threads.Aside - _process.Count));
        for (int called = 0; called < wanted && CanRun; called++)
        {
            LoopThread? helper = _threads.TryUnpark(reserve: 1);
            if (helper is null)
            {
                _threads.RequestSpare(1 + wanted - called);
                return;
            }

            for (; _next < _running.Count; _next++)
            {
                _threads.Shared.Add(_running[_next]);
            }

            _threads.GoAside();
            _threads.Count(helper);
            helper.CallToHelp();
        }
    }

    private bool TryNext(out WorkItem item)
    {
        bool isShared = _threads.Shared.Count > 0;
        if (!isShared && !HasRest)
        {
            item = default;
            return false;
        }

        if (!CanRun)
        {
            if (!_exhaustedLogged)
            {
                _exhaustedLogged = true;
                _loop.LogWorkersExhausted(_maxWorkers);
            }

            item = default;
            return false;
        }

        if (isShared && _threads.Shared.TryTake(out item))
        {
            return true;
        }

        if (HasRest)
        {
            item = _running[_next++];
            return true;
        }

        item = default;
        return false;
    }

    /// <summary>Items of the batch have not been begun.</summary>
    private bool HasRest => _next < _running.Count;

    private sealed record StartFailure(EventLoop Loop, string Reason)
    {
        public void Log() => Loop.LogWorkerNotStarted(Reason);
    }

    private sealed record DeferredItem(LeaderScheduler Scheduler, Action<object?> Action, object? State)
    {
        public void Reschedule() => Scheduler.Schedule(Action, State);
    }
}
