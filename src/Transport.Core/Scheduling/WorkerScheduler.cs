using Transport.Core.Diagnostics;
using Transport.Core.Loops;

namespace Transport.Core.Scheduling;

/// <summary>Application code on threads of the loop's own, which nobody else's blocking can use up.</summary>
internal sealed class WorkerScheduler(EventLoop loop, int maxWorkers, LoopCounters counters) : BatchScheduler(loop, maxWorkers)
{
    // Under the gate.
    private readonly List<Worker> _resting = [];
    private int _workers;
    private int _named;

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

    /// <summary>A worker has rested for long: it may go if nobody has called it meanwhile and it is not the last.</summary>
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

    /// <summary>The one that rested last, whose stack and caches are warmest; else a new one.</summary>
    protected override BatchWorker FindWorker()
    {
        if (_resting.Count > 0)
        {
            Worker warmest = _resting[^1];
            _resting.RemoveAt(_resting.Count - 1);
            return warmest;
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

    private void Dismiss(Worker worker)
    {
        worker.Dismissed = true;
        Volatile.Write(ref counters.Workers, --_workers);
    }
}
