namespace Transport.Core.Scheduling.Workers;

/// <summary>
/// The application work of one turn. Any number of threads may take items at once; each item is taken by exactly one.
/// </summary>
internal sealed class Batch
{
    private WorkItem[] _items = new WorkItem[64];
    private int _count;
    private int _taken;

    /// <summary>Threads between entering and leaving. Under the scheduler's lock: a batch is used again only when it is 0.</summary>
    public int Takers { get; set; }

    /// <summary>Items added.</summary>
    public int Count => _count;

    /// <summary>No item is left to take. Those taken may still be running.</summary>
    public bool IsExhausted => Volatile.Read(ref _taken) >= _count;

    /// <summary>Items left to take.</summary>
    public int Remaining => Math.Max(0, _count - Volatile.Read(ref _taken));

    /// <summary>Before it is handed over; one thread.</summary>
    public void Add(Action<object?> action, object? state)
    {
        if (_count == _items.Length)
        {
            Array.Resize(ref _items, _count * 2);
        }

        _items[_count++] = new WorkItem(action, state);
    }

    /// <summary>Takes the next item, if there is one left.</summary>
    public bool TryTake(out WorkItem item)
    {
        int index = Interlocked.Increment(ref _taken) - 1;
        if (index < _count)
        {
            item = _items[index];
            return true;
        }

        // Over-taking is bounded by the number of takers, each of which leaves on its first miss.
        item = default;
        return false;
    }

    /// <summary>Empty again. Nobody may be in it.</summary>
    public void Reset()
    {
        Array.Clear(_items, 0, _count);
        _count = 0;
        _taken = 0;
    }
}
