namespace FileAio.Buffers;

/// <summary>Limits the memory of reads, in bytes. Requests above the limit wait, in first-in, first-out order.</summary>
internal sealed class BufferBudget(long limit)
{
    private long _limit = limit;
    private readonly Lock _gate = new();
    private readonly LinkedList<(long Bytes, TaskCompletionSource<bool> Granted)> _waiting = new();
    private long _used;

    public long Limit => Interlocked.Read(ref _limit);

    public long Used => Interlocked.Read(ref _used);

    /// <summary>Whether more than half is in use, so that read-ahead pauses.</summary>
    public bool IsAboveHalf => Used > Limit / 2;

    /// <summary>Releases memory that is not needed at present. Returns whether there was any. Called outside the lock.</summary>
    public event Func<bool>? Reclaim;

    /// <summary>Reserves <paramref name="bytes"/> if they are available and no request waits.</summary>
    public bool TryAcquire(long bytes) => TryTake(bytes) || (Reclaim?.Invoke() == true && TryTake(bytes));

    private bool TryTake(long bytes)
    {
        lock (_gate)
        {
            if (_waiting.Count > 0 || _used + bytes > _limit)
            {
                return false;
            }

            _used += bytes;
            return true;
        }
    }

    /// <summary>
    /// Reserves <paramref name="bytes"/>. Returns false if they do not become available within the time or before cancellation.
    /// </summary>
    public ValueTask<bool> AcquireAsync(long bytes, TimeSpan timeout, CancellationToken cancellation) =>
        TryAcquire(bytes) ? new ValueTask<bool>(true) : WaitAsync(bytes, timeout, cancellation);

    /// <summary>Raises the limit to <paramref name="bytes"/>; never lowers it.</summary>
    public void Widen(long bytes)
    {
        lock (_gate)
        {
            _limit = Math.Max(_limit, bytes);
        }

        Release(0);
    }

    public void Release(long bytes)
    {
        lock (_gate)
        {
            _used -= bytes;
            while (_waiting.First is { } first && _used + first.Value.Bytes <= _limit)
            {
                _waiting.RemoveFirst();
                _used += first.Value.Bytes;
                if (!TryGrant(first.Value.Granted))
                {
                    _used -= first.Value.Bytes; // the request has just timed out
                }
            }
        }
    }

    /// <summary>
    /// Continues the request on the thread pool. Where the system refuses the pool a thread, queueing throws although it has been done.
    /// </summary>
    private static bool TryGrant(TaskCompletionSource<bool> granted)
    {
        try
        {
            return granted.TrySetResult(true);
        }
        catch (Exception refused) when (refused is OutOfMemoryException or ThreadStartException)
        {
            return true;
        }
    }

    private async ValueTask<bool> WaitAsync(long bytes, TimeSpan timeout, CancellationToken cancellation)
    {
        TaskCompletionSource<bool> granted = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        LinkedListNode<(long, TaskCompletionSource<bool>)> node;
        // Before the request is queued: what throws here must leave no request behind that nobody waits for.
        using CancellationTokenSource limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(timeout);
        lock (_gate)
        {
            node = _waiting.AddLast((bytes, granted));
        }
        Release(0); // bytes may have been released between the check and the queueing
        using CancellationTokenRegistration registration =
            limited.Token.UnsafeRegister(static state => ((TaskCompletionSource<bool>)state!).TrySetResult(false), granted);
        if (await granted.Task.ConfigureAwait(false))
        {
            return true;
        }

        lock (_gate)
        {
            if (node.List is not null)
            {
                _waiting.Remove(node);
            }
        }
        Release(0); // the next request may be smaller
        return false;
    }
}
