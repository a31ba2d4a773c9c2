using Transport.Core.Scheduling.Threads;

namespace Transport.Core.Scheduling.Workers;

/// <summary>
/// The workers that run a loop's batches, and which of them are taken to be blocked. A worker that leaves takes its mark along: a mark left
/// behind would hold up every later batch for some 4 ms, since no worker is called while one seems to be free.
/// </summary>
/// <remarks>All members are called under the scheduler's lock.</remarks>
internal sealed class BlockedWorkers(RunningWorkers running)
{
    /// <summary>Checks after which a worker that is blocked is asked again whether it computes by now. Each costs a system call.</summary>
    private const int RecheckEvery = 16;

    private readonly List<BatchWorker> _workers = [];

    /// <summary>Workers at work, blocked or not.</summary>
    public int Count => _workers.Count;

    /// <summary>Workers taken to be blocked.</summary>
    public int Blocked { get; private set; }

    /// <summary>No worker is left to take what is handed over now; true also when there are none.</summary>
    public bool AllBlocked => Blocked == _workers.Count;

    public void Add(BatchWorker worker)
    {
        worker.Reset();
        _workers.Add(worker);
        running.Add();
    }

    public void Remove(BatchWorker worker)
    {
        Unmark(worker);
        if (_workers.Remove(worker))
        {
            running.Remove();
        }
    }

    /// <summary>
    /// Adds to <paramref name="suspects"/> the workers that have finished nothing since the last check;
    /// <see cref="BatchWorker.CheckBlocked"/> tells which of them are blocked.
    /// </summary>
    public void FindSuspects(List<BatchWorker> suspects)
    {
        foreach (BatchWorker worker in _workers)
        {
            int checks = worker.CheckProgress();
            if (checks > 0 && (!worker.IsBlocked || checks % RecheckEvery == 0))
            {
                suspects.Add(worker);
            }
        }
    }

    /// <summary>It is blocked, unless it has gone on meanwhile.</summary>
    public void Mark(BatchWorker worker)
    {
        if (!worker.IsBlocked && worker.IsAtSameItem && _workers.Contains(worker))
        {
            worker.IsBlocked = true;
            Blocked++;
            running.Remove();
        }
    }

    /// <summary>It has gone on, or computes.</summary>
    public void Unmark(BatchWorker worker)
    {
        if (worker.IsBlocked)
        {
            worker.IsBlocked = false;
            Blocked--;
            running.Add();
        }
    }
}
