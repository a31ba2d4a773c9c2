namespace Transport.Blocking;

/// <summary>
/// Limits the threads of all loops of a transport. A connection reserves two threads before it is accepted, and releases them when its
/// descriptor is closed. Reserving later could deadlock: a sender would wait for a thread while all threads wait for clients.
/// </summary>
internal sealed class ThreadBudget(int maxThreads)
{
    private const int PerConnection = 2;

    private readonly Lock _gate = new();
    private readonly Queue<BlockingListener> _waiting = new();
    private int _left = maxThreads;
    private bool _exhausted;

    public int MaxThreads { get; } = maxThreads;

    /// <summary>Reserves a connection's threads, or registers the listener to be called when threads are free.</summary>
    /// <param name="listener">The listener.</param>
    /// <param name="isNews">Whether threads had been available until now.</param>
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

    /// <summary>Releases a connection's threads: the listener that has waited longest gets them. Any thread.</summary>
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
