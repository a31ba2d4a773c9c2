namespace FileAio.Buffers;

/// <summary>
/// A bound on the bytes that reads may occupy at a time. Who finds it used up waits, first come first served.
/// </summary>
internal sealed class BufferBudget(long limit)
{
    private long _limit = limit;
    private readonly Lock _gate = new();
    private readonly LinkedList<(long Bytes, TaskCompletionSource<bool> Granted)> _waiting = new();
    private long _used;

    public long Limit => Interlocked.Read(ref _limit);

    public long Used => Interlocked.Read(ref _used);

    /// <summary>More than half is in use: what is only read ahead should wait.</summary>
    public bool IsAboveHalf => Used > Limit / 2;

    /// <summary>Takes <paramref name="bytes"/> off the budget if they are free and nobody waits.</summary>
    public bool TryAcquire(long bytes)
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
    /// Takes <paramref name="bytes"/> off the budget; false where none came free within the time or until the token fired.
    /// </summary>
    public ValueTask<bool> AcquireAsync(long bytes, TimeSpan timeout, CancellationToken cancellation) =>
        TryAcquire(bytes) ? new ValueTask<bool>(true) : WaitAsync(bytes, timeout, cancellation);

    /// <summary>Widens the bound to <paramref name="bytes"/>; never narrows it.</summary>
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
                if (first.Value.Granted.TrySetResult(true)) // false: it has just given up waiting
                {
                    _used += first.Value.Bytes;
                }
            }
        }
    }

    private async ValueTask<bool> WaitAsync(long bytes, TimeSpan timeout, CancellationToken cancellation)
    {
        TaskCompletionSource<bool> granted = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        LinkedListNode<(long, TaskCompletionSource<bool>)> node;
        lock (_gate)
        {
            node = _waiting.AddLast((bytes, granted));
        }
        Release(0); // what was given back between the look and the queueing
        using CancellationTokenSource limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(timeout);
        using CancellationTokenRegistration registration = limited.Token.UnsafeRegister(static state => ((TaskCompletionSource<bool>)state!).TrySetResult(false), granted);
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
        Release(0); // who stood behind may be smaller
        return false;
    }
}
