namespace Transport.Core.Loops;

/// <summary>
/// Who is at work for a loop, and who of them is taken to be blocked. Whoever goes takes its mark along: a mark left behind would have every later batch wait for the
/// watch, some 4 ms a turn, since nobody is called while somebody seems to be free. Under the scheduler's lock.
/// </summary>
internal sealed class Roster
{
    private readonly List<Drainer> _drainers = [];

    public int Count => _drainers.Count;

    /// <summary>Those taken to be blocked.</summary>
    public int Stuck { get; private set; }

    /// <summary>Nobody is there who would take what is handed over now.</summary>
    public bool AllStuck => Stuck == _drainers.Count;

    public void Add(Drainer drainer)
    {
        drainer.Reset();
        _drainers.Add(drainer);
    }

    public void Remove(Drainer drainer)
    {
        Unmark(drainer);
        _drainers.Remove(drainer);
    }

    /// <summary>A look at each: who has been at one item for that many looks is marked.</summary>
    public void Look(int stuckLooks)
    {
        foreach (Drainer drainer in _drainers)
        {
            if (drainer.Look() >= stuckLooks && !drainer.IsStuck)
            {
                drainer.IsStuck = true;
                Stuck++;
            }
        }
    }

    /// <summary>It has gone on.</summary>
    public void Unmark(Drainer drainer)
    {
        if (drainer.IsStuck)
        {
            drainer.IsStuck = false;
            Stuck--;
        }
    }
}
