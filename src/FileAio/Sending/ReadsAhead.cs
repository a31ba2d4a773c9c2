using FileAio.Buffers;
using FileAio.Diagnostics;

namespace FileAio.Sending;

/// <summary>
/// The reads of one response that are under way or completed, in the order of the file. Those that are ahead of the client give their
/// buffers back while it stalls and more than half of the budget is in use: clients that stall would otherwise hold buffers that clients
/// that read wait for.
/// <para>For a client that has taken <see cref="GrowsAfter"/> bytes, reads become larger and more than the options say, so that one
/// download fills the device; when the client stalls, they are given back and begin small again.</para>
/// </summary>
/// <param name="pool">Where the buffers are from.</param>
/// <param name="most">Reads at a time, as the options say.</param>
/// <param name="chunk">Bytes of a read, as the options say, rounded up to the alignment.</param>
/// <param name="grown">Bytes of all reads of a client that reads on; fewer than the options say has no effect.</param>
internal sealed class ReadsAhead(AlignedBufferPool pool, int most, int chunk, long grown)
{
    /// <summary>Bytes that a client takes before its reads grow: what is smaller is not worth more memory.</summary>
    public const long GrowsAfter = 1 << 20;

    /// <summary>
    /// Bytes of a read then: the largest measured. Two of them keep a disk as busy as fio does with iodepth 2; a larger one would be a
    /// longer copy on the thread that others wait for.
    /// </summary>
    private const int GrownChunk = 512 * 1024;

    // Enough for any device measured here; when so many are in flight, other responses keep it busy. A guess.
    private const int InFlightWhenBusy = 16;

    // Held by the response's own flow and by the timer that watches its client.
    private readonly Lock _gate = new();
    private readonly Queue<PendingRead> _reads = new(most);
    private long _taken;
    private bool _mayGiveBack;
    private Task _givingBack = Task.CompletedTask;

    public bool IsEmpty => _reads.Count == 0;

    /// <summary>Bytes of the next read.</summary>
    public int Chunk => HasGrown ? GrownChunkOf(chunk, most, grown) : chunk;

    /// <summary>One read always goes on; more only while buffers are plentiful.</summary>
    public bool MayAdd => _reads.Count == 0 || ((_reads.Count < most || MayAddGrown) && !pool.Budget.IsAboveHalf);

    private bool HasGrown => _taken >= GrowsAfter && !pool.Budget.IsAboveHalf;

    private bool MayAddGrown => HasGrown && (_reads.Count + 1L) * Chunk <= grown && FileMetrics.ReadsInFlight < InFlightWhenBusy;

    /// <summary>
    /// Bytes of a read of a client that reads on: a multiple of <paramref name="chunk"/>, half of what it may have or less.
    /// </summary>
    public static int GrownChunkOf(int chunk, int most, long grown) =>
        Math.Max(chunk, (int)Math.Min(GrownChunk, grown / Math.Max(most, 2)) / chunk * chunk);

    public void Add(PendingRead read) => _reads.Enqueue(read);

    public PendingRead Take() => _reads.Dequeue();

    /// <summary>Bytes were written.</summary>
    public void Written(long bytes) => _taken += bytes;

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
            if (_mayGiveBack && !IsEmpty && (pool.Budget.IsAboveHalf || _reads.Sum(static read => (long)read.Length) > (most - 1L) * chunk))
            {
                PendingRead[] reads = [.. _reads];
                _reads.Clear();
                _taken = 0;
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
