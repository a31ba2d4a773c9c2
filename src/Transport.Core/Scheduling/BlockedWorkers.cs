namespace Transport.Core.Scheduling;

/// <summary>
/// Who is at work for a loop, and who of them is taken to be blocked. Whoever goes takes its mark along: a mark left behind would have
/// every later batch wait for the watch, some 4 ms a turn, since nobody is called while somebody seems to be free. Under the scheduler's
/// lock.
/// </summary>
internal sealed class BlockedWorkers
{
    private readonly List<BatchWorker> _workers = [];

    public int Count => _workers.Count;

    /// <summary>Those taken to be blocked.</summary>
    public int Stuck { get; private set; }

    /// <summary>Nobody is there who would take what is handed over now.</summary>
    public bool AllStuck => Stuck == _workers.Count;

    public void Add(BatchWorker worker)
    {
        worker.Reset();
        _workers.Add(worker);
    }

    public void Remove(BatchWorker worker)
    {
        Unmark(worker);
        _workers.Remove(worker);
    }

    /// <summary>A look at each: who has been at one item for that many looks is marked.</summary>
    public void Look(int stuckLooks)
    {
        foreach (BatchWorker worker in _workers)
        {
            if (worker.Look() >= stuckLooks && !worker.IsStuck)
            {
                worker.IsStuck = true;
                Stuck++;
            }
        }
    }

    /// <summary>It has gone on.</summary>
    public void Unmark(BatchWorker worker)
    {
        if (worker.IsStuck)
        {
            worker.IsStuck = false;
            Stuck--;
        }
    }
}
