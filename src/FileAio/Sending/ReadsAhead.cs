using FileAio.Buffers;

namespace FileAio.Sending;

/// <summary>
/// The reads of one response that are under way or completed, in the order of the file. Those that are ahead of the client give their
/// buffers back while it stalls and more than half of the budget is in use: clients that stall would otherwise hold buffers that clients
/// that read wait for.
/// </summary>
internal sealed class ReadsAhead(AlignedBufferPool pool, int most)
{
    // Held by the response's own flow and by the timer that watches its client.
    private readonly Lock _gate = new();
    private readonly Queue<PendingRead> _reads = new(most);
    private bool _mayGiveBack;
    private Task _givingBack = Task.CompletedTask;

    public bool IsEmpty => _reads.Count == 0;

    /// <summary>One read always goes on; more only while buffers are plentiful.</summary>
    public bool MayAdd => _reads.Count == 0 || (_reads.Count < most && !pool.Budget.IsAboveHalf);

    public void Add(PendingRead read) => _reads.Enqueue(read);

    public PendingRead Take() => _reads.Dequeue();

    /// <summary>Flushes. Afterwards there may be no reads any more: they begin anew behind what was sent.</summary>
    public async ValueTask<bool> FlushAsync(ResponseBody body)
    {
        if (IsEmpty)
        {
            return await body.FlushAsync().ConfigureAwait(false);
        }

        lock (_gate)
        {
            _mayGiveBack = true;
        }

        try
        {
            return await body.FlushAsync(whileWaiting: GiveBackIfScarce).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _mayGiveBack = false;
            }
        }
    }

    private void GiveBackIfScarce()
    {
        lock (_gate)
        {
            if (_mayGiveBack && !IsEmpty && pool.Budget.IsAboveHalf)
            {
                PendingRead[] reads = [.. _reads];
                _reads.Clear();
                _givingBack = Task.WhenAll(_givingBack, Task.Run(() => GiveBackAsync(reads)));
            }
        }
    }

    /// <summary>Gives back what is left. The file may be closed afterwards: no read of it is under way.</summary>
    public async ValueTask CompleteAsync()
    {
        if (!IsEmpty)
        {
            await GiveBackAsync(_reads).ConfigureAwait(false);
        }

        await _givingBack.ConfigureAwait(false);
    }

    /// <summary>
    /// Buffers go back when their reads have completed, and not before: the kernel would write into somebody else's response.
    /// </summary>
    private async Task GiveBackAsync(IEnumerable<PendingRead> reads)
    {
        foreach (PendingRead read in reads)
        {
            read.Buffer.Read.TryCancel();
        }

        foreach (PendingRead read in reads)
        {
            await read.Result.ConfigureAwait(false);
            pool.Return(read.Buffer);
        }
    }
}
