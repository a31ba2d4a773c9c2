namespace Transport.Core.Scheduling;

/// <summary>A first-in, first-out list of work that is emptied whole. One thread at a time.</summary>
internal sealed class WorkList
{
    private WorkItem[] _items = new WorkItem[64];

    public int Count { get; private set; }

    public ref readonly WorkItem this[int index] => ref _items[index];

    public void Add(in WorkItem item)
    {
        if (Count == _items.Length)
        {
            Array.Resize(ref _items, Count * 2);
        }

        _items[Count++] = item;
    }

    /// <summary>Moves everything to the end of <paramref name="target"/>.</summary>
    public void MoveTo(WorkList target)
    {
        for (int i = 0; i < Count; i++)
        {
            target.Add(_items[i]);
        }

        Clear();
    }

    /// <summary>Forgets the items, so that what they held can be collected.</summary>
    public void Clear()
    {
        Array.Clear(_items, 0, Count);
        Count = 0;
    }
}
