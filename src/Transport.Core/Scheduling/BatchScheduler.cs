using System.Diagnostics;
using Transport.Core.Loops;

namespace Transport.Core.Scheduling;

/// <summary>
/// Hands a turn's work over as one batch with one bell. One thread drains it, and what it wants of the loop goes back in one go with one
/// wake-up: a work item a connection costs twice the framework's CPU at 64 connections, the batch 0.55 to 0.8 of it.
/// </summary>
/// <remarks>
/// The loop runs no application code, so it is the one that can watch. While work waits it naps, and a worker that has finished no item
/// for
/// <see cref="StuckLooks"/> looks is taken to be blocked: another is called to its side, and from then on at once, for as long as every
/// worker is stuck. Where work goes on waiting although items do get finished, and a processor is free, another is called too.
/// </remarks>
internal abstract class BatchScheduler(EventLoop loop, int maxWorkers) : ApplicationScheduler
{
    /// <summary>Looks are at least 1 ms apart, the resolution of epoll_wait's time-out.</summary>
    private static readonly long LookEvery = Stopwatch.Frequency / 1000;

    /// <summary>
    /// Two looks in a row at the same item, so about 2 ms: far more than most handlers take, little beside one that blocks. Looks are
    /// counted, not time: a process that was itself not run for 100 ms has looked once.
    /// </summary>
    private const int StuckLooks = 2;

    /// <summary>The loop for which this thread drains a batch, so that its posts need not wake it one by one.</summary>
    [ThreadStatic]
    private static EventLoop? t_drainsFor;

    /// <summary>Workers at work over all loops: for work that merely waits, no more are called than there are processors.</summary>
    private static int s_atWork;

    // Under the gate.
    private readonly Lock _gate = new();
    private readonly Queue<Batch> _handedOver = new();
    private readonly Stack<Batch> _spare = new();
    private readonly BlockedWorkers _atWork = new();
    private bool _stopped;

    // Loop thread.
    private Batch _turn = new();
    private long _lookedAt;
    private int _looksAtWaiting;
    private readonly List<BatchWorker> _called = [];
    private bool _exhaustedLogged;

    public sealed override bool HasWork => _turn.Count > 0;

    public sealed override bool IsOut
    {
        get
        {
            lock (_gate)
            {
                // A single item that is being run posts to a sleeping loop, which wakes it: nothing is held back, nothing to watch.
                return _handedOver.TryPeek(out Batch? first)
                    && (_handedOver.Count > 1 || !first.IsExhausted || (first.Count > 1 && !_atWork.AllStuck));
            }
        }
    }

    /// <summary>The thread that asks drains a batch of this loop's, and will ring when it is done.</summary>
    public static bool DrainsFor(EventLoop loop) => t_drainsFor == loop;

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

        // Whoever is at work already may be blocked, and the loop asleep: it is to watch.
        loop.TryPost(static _ => { }, null);
    }

    public sealed override void RunTurn()
    {
        if (_turn.Count > 0)
        {
            Batch batch = _turn;
            _turn = RentBatch();
            TryHandOver(batch);
        }

        Watch();
    }

    public override void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
        }
    }

    /// <summary>A thread that was called: drains until nothing is left.</summary>
    public void Drain(BatchWorker worker)
    {
        t_drainsFor = loop;
        Volatile.Write(ref worker.Started, true);
        while (TryEnter(worker, out Batch? batch))
        {
            while (batch.TryTake(out WorkItem item))
            {
                item.TryRunAsApplication(loop);
                worker.Finished++;
                if (Volatile.Read(ref worker.IsStuck))
                {
                    Unstick(worker);
                }
            }

            Leave(batch);
            loop.Ring();
        }

        t_drainsFor = null;
    }

    /// <summary>A worker that has nothing to do, or a new one, or null past the limit. Under the gate.</summary>
    protected abstract BatchWorker? FindWorker();

    /// <summary>Nothing is left for it. Under the gate.</summary>
    protected abstract void Rest(BatchWorker worker);

    /// <summary>Under the gate: the loop has ended.</summary>
    protected bool IsStopped => _stopped;

    protected Lock Gate => _gate;

    protected EventLoop Loop => loop;

    private Batch RentBatch()
    {
        lock (_gate)
        {
            return _spare.TryPop(out Batch? spare) ? spare : new Batch();
        }
    }

    private bool TryHandOver(Batch batch)
    {
        BatchWorker? called = null;
        lock (_gate)
        {
            if (_stopped && _atWork.Count == 0)
            {
                return false;
            }

            _handedOver.Enqueue(batch);
            if (_atWork.AllStuck)
            {
                called = CallOne();
            }
        }

        called?.Call();
        return true;
    }

    /// <summary>
    /// The next batch with an item left, or nothing, and then the worker is at rest: decided under one lock, so no batch is missed.
    /// </summary>
    private bool TryEnter(BatchWorker worker, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Batch? batch)
    {
        lock (_gate)
        {
            // Ringing wakes the loop, which may have this thread's processor for a while and look at it twice: no item was in the way.
            _atWork.Unmark(worker);
            while (_handedOver.TryPeek(out batch))
            {
                if (!batch.IsExhausted)
                {
                    batch.Takers++;
                    return true;
                }

                // Whoever leaves it last gives it back.
                _handedOver.Dequeue();
                Recycle(batch);
            }

            _atWork.Remove(worker);
            Interlocked.Decrement(ref s_atWork);
            Rest(worker);
            return false;
        }
    }

    private void Leave(Batch batch)
    {
        lock (_gate)
        {
            batch.Takers--;
            if (_handedOver.TryPeek(out Batch? first) && first == batch)
            {
                _handedOver.Dequeue();
            }

            Recycle(batch);
        }
    }

    /// <summary>Makes it a spare one again once it is out of the queue and nobody is in it. Under the gate.</summary>
    private void Recycle(Batch batch)
    {
        if (batch.Takers == 0)
        {
            batch.Reset();
            _spare.Push(batch);
        }
    }

    private void Unstick(BatchWorker worker)
    {
        lock (_gate)
        {
            _atWork.Unmark(worker);
        }
    }

    /// <summary>The loop's look at those who work for it, when work waits for them.</summary>
    private void Watch()
    {
        long now = Stopwatch.GetTimestamp();
        if (now - _lookedAt < LookEvery)
        {
            return;
        }

        _lookedAt = now;
        bool exhausted = false;
        lock (_gate)
        {
            if (_handedOver.Count == 0)
            {
                _looksAtWaiting = 0;
                return;
            }

            _atWork.Look(StuckLooks);
            bool waits = _handedOver.Count > 1 || !_handedOver.Peek().IsExhausted;
            _looksAtWaiting = waits ? _looksAtWaiting + 1 : 0;
            if (waits && (_atWork.AllStuck || (_looksAtWaiting > StuckLooks && Volatile.Read(ref s_atWork) < Environment.ProcessorCount)))
            {
                CallFor(_handedOver.Peek().Remaining + _handedOver.Count - 1);
                exhausted = _called.Count == 0 && _atWork.Stuck == maxWorkers;
                _looksAtWaiting = 0;
            }
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

    /// <summary>
    /// Puts more to work, as many as are stuck already: handlers that block come in numbers, and one after another would keep the last of
    /// eight waiting for eight times two looks. Under the gate.
    /// </summary>
    private void CallFor(int waiting)
    {
        int wanted = Math.Clamp(_atWork.Stuck, 1, Math.Max(1, waiting));
        while (_called.Count < wanted && CallOne() is { } worker)
        {
            _called.Add(worker);
        }
    }

    /// <summary>Puts one more to work. Under the gate; the caller calls it once outside.</summary>
    private BatchWorker? CallOne()
    {
        BatchWorker? worker = _atWork.Count < maxWorkers ? FindWorker() : null;
        if (worker is not null)
        {
            _atWork.Add(worker);
            Interlocked.Increment(ref s_atWork);
        }

        return worker;
    }
}
