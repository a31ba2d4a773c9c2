namespace FileAio.Buffers;

/// <summary>
/// A stack of free objects of one size, and the number that a period did not use. Not thread-safe; protected by its owner's lock.
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

    /// <summary>Removes as many objects as were free since the last call, and starts a new period.</summary>
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

    /// <summary>Removes all objects.</summary>
    public List<T> TakeAll()
    {
        List<T> all = new List<T>(_free);
        _free.Clear();
        _leastFree = 0;
        return all;
    }
}
