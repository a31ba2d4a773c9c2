namespace FileAio.Files;

/// <summary>Counts the references to what is closed with the last one. Starts with one reference. Any thread.</summary>
internal struct ReferenceCount()
{
    private int _count = 1;

    /// <summary>Adds a reference. Returns false if the last one was released.</summary>
    public bool TryAdd()
    {
        int seen;
        do
        {
            seen = Volatile.Read(ref _count);
            if (seen == 0)
            {
                return false;
            }
        }
        while (Interlocked.CompareExchange(ref _count, seen + 1, seen) != seen);
        return true;
    }

    /// <summary>Releases a reference. Returns true if it was the last one: the caller closes.</summary>
    public bool Release() => Interlocked.Decrement(ref _count) <= 0;
}
