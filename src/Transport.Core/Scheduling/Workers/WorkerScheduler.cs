using Transport.Core.Diagnostics;
using Transport.Core.Loops;
using Transport.Core.Scheduling.Threads;

namespace Transport.Core.Scheduling.Workers;

/// <summary>Application code on threads of the loop's own, which other code's blocking cannot use up.</summary>
internal sealed class WorkerScheduler(EventLoop loop, int maxWorkers, LoopCounters counters, ThreadStarter threads)
    : BatchScheduler(loop, maxWorkers, RunningWorkers.OfProcess)
{
    // Under the gate.
    private readonly List<Worker> _resting = [];
    private int _workers;
    private int _named;

    public ThreadStarter Threads => threads;

    /// <summary>Has the first worker started, so that the first request need not wait for it.</summary>
    public override void Start()
    {
        BatchWorker? first;
        lock (Gate)
        {
            first = AddWorker();
        }

        first?.Call();
    }

    public override void Stop()
    {
        base.Stop();
        Worker[] resting;
        lock (Gate)
        {
            resting = [.. _resting];
            _resting.Clear();
            foreach (Worker worker in resting)
            {
                Dismiss(worker);
            }
        }

        foreach (Worker worker in resting)
        {
            worker.Call();
        }
    }

    /// <summary>A worker has rested for long: it may end if it has not been called meanwhile and it is not the last.</summary>
    public bool TryRetire(Worker worker)
    {
        lock (Gate)
        {
            if (_workers == 1 || !_resting.Remove(worker))
            {
                return false;
            }

            Dismiss(worker);
            return true;
        }
    }

    /// <summary>
    /// The worker that has been idle for the shortest time, whose stack and caches are warmest; otherwise a new one, unless starting one
    /// has just failed.
    /// </summary>
    protected override BatchWorker? FindWorker()
    {
        if (_resting.Count > 0)
        {
            Worker warmest = _resting[^1];
            _resting.RemoveAt(_resting.Count - 1);
            return warmest;
        }

        if (!threads.CanStart)
        {
            return null;
        }

        Volatile.Write(ref counters.Workers, ++_workers);
        return new Worker(this, $"{Loop.Name} worker {_named++}");
    }

    protected override void Rest(BatchWorker idle)
    {
        Worker worker = (Worker)idle;
        if (IsStopped)
        {
            Dismiss(worker);
            return;
        }

        worker.Rest();
        _resting.Add(worker);
    }

    protected override void Forget(BatchWorker worker) => Dismiss((Worker)worker);

    private void Dismiss(Worker worker)
    {
        worker.Dismissed = true;
        Volatile.Write(ref counters.Workers, --_workers);
    }
}
