using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Transport.Core.Loops;
using Transport.Core.Scheduling.Threads;

namespace Transport.Core.Scheduling.Workers;

/// <summary>
/// Hands a loop iteration's work over as one batch with one wake-up. One thread runs it, and what it wants of the loop goes back in one go
/// with one wake-up: a work item a connection costs twice the framework's CPU at 64 connections, the batch 0.55 to 0.8 of it.
/// </summary>
/// <remarks>
/// The loop runs no application code, so it can check on those that do. While work waits it wakes every millisecond. A worker that has
/// finished no item between checks, and has used no CPU time, is taken to be blocked: another is called to its side, and from then on at
/// once, for as long as every worker is blocked. Workers that compute are joined by more only while a processor is idle.
/// </remarks>
internal abstract class BatchScheduler(EventLoop loop, int maxWorkers, RunningWorkers running) : ApplicationScheduler
{
    /// <summary>Checks are at least 1 ms apart, the resolution of epoll_wait's time-out.</summary>
    private static readonly long s_checkEvery = Stopwatch.Frequency / 1000;

    /// <summary>
    /// How many checks find work waiting before a worker is called beside those that compute: about 2 ms. Checks are counted, not time: a
    /// process that was itself not run for 100 ms has checked once.
    /// </summary>
    private const int ChecksBeforeJoining = 2;

    // Under the gate.
    private readonly Lock _gate = new();
    private readonly BatchQueue _queue = new();
    private readonly BlockedWorkers _workers = new(running);
    private bool _stopped;

    // Loop thread.
    private Batch _turn = new();
    private long _lastCheck;
    private int _checksWithWaiting;
    private readonly List<BatchWorker> _suspects = [];
    private readonly List<BatchWorker> _called = [];
    private bool _exhaustedLogged;
    private bool _startFailureLogged;

    public sealed override bool HasWork => _turn.Count > 0;

    public sealed override bool IsOut
    {
        get
        {
            lock (_gate)
            {
                // A single item that is being run posts to a sleeping loop, which wakes it: nothing is held back, nothing to check.
                return !_queue.IsEmpty && (_queue.Waiting > 0 || (_queue.HoldsPostsBack && !_workers.AllBlocked));
            }
        }
    }

    public sealed override void Schedule(Action<object?> action, object? state)
    {
        if (loop.IsCurrent)
        {
            _turn.Add(action, state);
            return;
        }

        // Off the loop: a batch of one, at once. Rare: a read that a timer cancels, a pipe that the application completes, a flush that a
        // send elsewhere has ended.
        Batch single = RentBatch();
        single.Add(action, state);
        if (!TryHandOver(single))
        {
            UnsafeThreadPool.Queue(action, state);
            return;
        }

        // The workers may be blocked already, and the loop asleep: it is to check.
        loop.TryPost(static _ => { }, null);
    }

    public sealed override bool RunTurn()
    {
        if (_turn.Count > 0)
        {
            Batch batch = _turn;
            _turn = RentBatch();
            TryHandOver(batch);
        }

        CheckWorkers();
        return true;
    }

    public override void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
        }
    }

    /// <summary>Runs batches until none is left. On a thread that was called.</summary>
    public void Drain(BatchWorker worker)
    {
        SetRunsFor(loop);
        worker.Clock = Interop.Threads.ThreadCpuClock.Current;
        Volatile.Write(ref worker.Started, true);
        while (TryEnter(worker, out Batch? batch))
        {
            while (batch.TryTake(out WorkItem item))
            {
                item.TryRunAsApplication(loop);
                worker.Finished++;
                if (Volatile.Read(ref worker.IsBlocked))
                {
                    Unmark(worker);
                }
            }

            Leave(batch);
            loop.EndSleep();
        }

        SetRunsFor(null);
    }

    /// <summary>The thread of a worker that was called could not be started. Its work waits for another. Any thread.</summary>
    public void WorkerNotStarted(BatchWorker worker, string reason)
    {
        lock (_gate)
        {
            _workers.Remove(worker);
            Forget(worker);
        }

        // The loop logs, since a log provider may block, and wakes until a worker can be had.
        loop.TryPost(static failure => ((StartFailure)failure!).Log(), new StartFailure(this, reason));
    }

    /// <summary>A worker that has nothing to do, or a new one, or null if none can be had now. Under the gate.</summary>
    protected abstract BatchWorker? FindWorker();

    /// <summary>Nothing is left for it. Under the gate.</summary>
    protected abstract void Rest(BatchWorker worker);

    /// <summary>Its thread was never started. Under the gate.</summary>
    protected abstract void Forget(BatchWorker worker);

    /// <summary>Under the gate: the loop has ended.</summary>
    protected bool IsStopped => _stopped;

    protected Lock Gate => _gate;

    protected EventLoop Loop => loop;

    /// <summary>Puts one more to work, which the caller calls outside the gate; null if none can be had. Under the gate.</summary>
    protected BatchWorker? AddWorker()
    {
        BatchWorker? worker = _workers.Count < maxWorkers ? FindWorker() : null;
        if (worker is not null)
        {
            _workers.Add(worker);
        }

        return worker;
    }

    private Batch RentBatch()
    {
        lock (_gate)
        {
            return _queue.Rent();
        }
    }

    private bool TryHandOver(Batch batch)
    {
        BatchWorker? called = null;
        lock (_gate)
        {
            if (_stopped && _workers.Count == 0)
            {
                return false;
            }

            _queue.Enqueue(batch);
            if (_workers.AllBlocked)
            {
                called = AddWorker();
            }
        }

        called?.Call();
        return true;
    }

    /// <summary>
    /// The next batch with an item left, or none, and then the worker rests: decided under one lock, so that no batch is missed.
    /// </summary>
    private bool TryEnter(BatchWorker worker, [NotNullWhen(true)] out Batch? batch)
    {
        lock (_gate)
        {
            // The wake-up of the loop may take this thread's processor for two checks: no item was in the way.
            _workers.Unmark(worker);
            if (_queue.TryEnter(out batch))
            {
                return true;
            }

            _workers.Remove(worker);
            Rest(worker);
            return false;
        }
    }

    private void Leave(Batch batch)
    {
        lock (_gate)
        {
            _queue.Leave(batch);
        }
    }

    private void Unmark(BatchWorker worker)
    {
        lock (_gate)
        {
            _workers.Unmark(worker);
        }
    }

    /// <summary>Blocked-worker detection, while work is out: finds blocked workers and calls others for the work that waits.</summary>
    private void CheckWorkers()
    {
        long now = Stopwatch.GetTimestamp();
        if (now - _lastCheck < s_checkEvery)
        {
            return;
        }

        _lastCheck = now;
        lock (_gate)
        {
            if (_queue.IsEmpty)
            {
                _checksWithWaiting = 0;
                return;
            }

            _workers.FindSuspects(_suspects);
        }

        MarkBlocked(now);
        bool exhausted;
        lock (_gate)
        {
            exhausted = CallForWaiting();
        }

        bool any = _called.Count > 0;
        foreach (BatchWorker worker in _called)
        {
            worker.Call();
        }

        _called.Clear();
        if (exhausted && !_exhaustedLogged)
        {
            _exhaustedLogged = true;
            loop.LogWorkersExhausted(maxWorkers);
        }
        else if (any)
        {
            _exhaustedLogged = false;
        }
    }

    /// <summary>Asks the kernel, outside the gate, which of those that have finished nothing are blocked.</summary>
    private void MarkBlocked(long now)
    {
        foreach (BatchWorker suspect in _suspects)
        {
            bool blocked = suspect.CheckBlocked(now);
            if (blocked == suspect.IsBlocked)
            {
                continue;
            }

            lock (_gate)
            {
                if (blocked)
                {
                    _workers.Mark(suspect);
                }
                else
                {
                    _workers.Unmark(suspect);
                }
            }
        }

        _suspects.Clear();
    }

    /// <summary>
    /// Puts workers to work for what waits: where all are blocked, as many as are blocked, since handlers that block come in numbers, and
    /// one after another would keep the last of eight waiting for eight times two checks; where some compute, one, while a processor is
    /// idle. Under the gate.
    /// </summary>
    /// <returns>Whether more are needed than are allowed.</returns>
    private bool CallForWaiting()
    {
        int waiting = _queue.Waiting;
        _checksWithWaiting = waiting > 0 ? _checksWithWaiting + 1 : 0;
        int wanted = 0;
        if (waiting > 0 && _workers.AllBlocked)
        {
            wanted = Math.Clamp(_workers.Blocked, 1, waiting);
        }
        else if (_checksWithWaiting > ChecksBeforeJoining && running.HasIdleProcessor)
        {
            wanted = 1;
        }

        if (wanted > 0)
        {
            _checksWithWaiting = 0;
        }

        while (_called.Count < wanted && AddWorker() is { } worker)
        {
            _called.Add(worker);
        }

        return wanted > 0 && _called.Count == 0 && _workers.Blocked == maxWorkers;
    }

    private void LogStartFailure(string reason)
    {
        if (!_startFailureLogged)
        {
            _startFailureLogged = true;
            loop.LogWorkerNotStarted(reason);
        }
    }

    private sealed record StartFailure(BatchScheduler Scheduler, string Reason)
    {
        public void Log() => Scheduler.LogStartFailure(Reason);
    }
}
