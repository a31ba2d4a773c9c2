namespace Transport.Blocking;

/// <summary>
/// The threads that all loops of a transport may have together. A connection takes two, before it is accepted, and gives them back when its
/// descriptor is closed: a sender that had to wait for a thread while every thread waited for clients to speak would wait for ever.
/// </summary>
internal sealed class ThreadBudget(int maxThreads)
{
    private const int PerConnection = 2;

    private readonly Lock _gate = new();
    private readonly Queue<BlockingListener> _waiting = new();
    private int _left = maxThreads;
    private bool _exhausted;

    public int MaxThreads { get; } = maxThreads;

    /// <summary>Takes a connection's threads, or has the listener called when there are some.</summary>
    /// <param name="listener">Who asks.</param>
    /// <param name="isNews">They had not been exhausted before this.</param>
    public bool TryTake(BlockingListener listener, out bool isNews)
    {
        lock (_gate)
        {
            if (_left >= PerConnection)
            {
                _left -= PerConnection;
                isNews = _exhausted = false;
                return true;
            }

            isNews = !_exhausted;
            _exhausted = true;
            _waiting.Enqueue(listener);
            return false;
        }
    }

    /// <summary>A connection's threads are free: they go to the listener that has waited longest. Any thread.</summary>
    public void GiveBack()
    {
        BlockingListener? next;
        lock (_gate)
        {
            if (!_waiting.TryDequeue(out next))
            {
                _left += PerConnection;
                return;
            }
        }

        if (!next.TryGrant())
        {
            GiveBack();
        }
    }
}
