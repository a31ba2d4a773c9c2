namespace Transport.Core.Scheduling.Leaders;

/// <summary>
/// Long items of a loop's that any of its threads may run, first in, first out. Each is taken by exactly one. Behind a lock: next to what
/// an item of more than 100 µs takes that is nothing.
/// </summary>
internal sealed class SharedWork
{
    private readonly Queue<WorkItem> _items = new();
    private int _count;

    /// <summary>Items that nobody has taken. Any thread.</summary>
    public int Count => Volatile.Read(ref _count);

    public void Add(in WorkItem item)
    {
        lock (_items)
        {
            _items.Enqueue(item);
            Volatile.Write(ref _count, _items.Count);
        }
    }

    public bool TryTake(out WorkItem item)
    {
        lock (_items)
        {
            bool taken = _items.TryDequeue(out item);
            Volatile.Write(ref _count, _items.Count);
            return taken;
        }
    }
}
