namespace FileAio.Buffers;

/// <summary>
/// Free things of one size, the last returned first, and how many of them a period did not need. Not thread-safe: under its owner's lock.
/// </summary>
internal sealed class FreeStack<T>
    where T : class
{
    private readonly Stack<T> _free = new();
    private int _leastFree;

    public T? TryTake()
    {
        if (!_free.TryPop(out T? one))
        {
            return null;
        }

        _leastFree = Math.Min(_leastFree, _free.Count);
        return one;
    }

    public void Return(T one) => _free.Push(one);

    /// <summary>Takes out as many as were free ever since the last call, and begins a period.</summary>
    public List<T> TakeUnused()
    {
        List<T> unused = new List<T>(_leastFree);
        while (unused.Count < _leastFree)
        {
            unused.Add(_free.Pop());
        }

        _leastFree = _free.Count;
        return unused;
    }

    /// <summary>Takes out all.</summary>
    public List<T> TakeAll()
    {
        List<T> all = new List<T>(_free);
        _free.Clear();
        _leastFree = 0;
        return all;
    }
}
