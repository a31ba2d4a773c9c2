using FileAio.Buffers;
using FileAio.Diagnostics;

namespace FileAio.Reading;

/// <summary>The reads of one response that are in flight or completed, in file order.</summary>
/// <remarks>
/// While a client stalls and more than half of the budget is in use, its read-ahead buffers are returned. Otherwise stalled clients would
/// hold buffers that other clients wait for.
/// <para>Reads become larger with the bytes that the client has received. After <see cref="GrowsAfter"/> bytes there are also more of
/// them than configured, so that one download uses the full throughput of the device. When the client stalls, they are returned, and reads
/// are small again.</para>
/// </remarks>
/// <param name="pool">The pool of the buffers.</param>
/// <param name="most">The configured number of reads.</param>
/// <param name="chunk">The configured size of a read in bytes, rounded up to the alignment.</param>
/// <param name="grown">
/// The size in bytes of all reads of a client that does not stall. Less than the configured buffers has no effect.
/// </param>
/// <param name="received">The number of bytes that the client has received before.</param>
internal sealed class ReadsAhead(AlignedBufferPool pool, int most, int chunk, long grown, long received = 0)
{
    /// <summary>The number of bytes that a client receives before there are more reads. Smaller files do not justify more memory.</summary>
    public const long GrowsAfter = 1 << 20;

    /// <summary>
    /// The size in bytes of a grown read: the largest measured. With two such reads one client reached 0.63 to 1.11 of fio with iodepth 2,
    /// against 0.26 to 0.44 before (two rounds beside other load). Larger reads would make longer copies on a thread that others share.
    /// </summary>
    public const int GrownChunk = 512 * 1024;

    // Enough for every device measured here: with so many reads in flight, other responses keep the device busy. A guess.
    private const int InFlightWhenBusy = 16;

    // Held by the response's own flow and by its client's timer.
    private readonly Lock _gate = new();
    private readonly Queue<PendingRead> _reads = new(most);
    private long _taken = received;
    private bool _mayReturn;
    private Task _returning = Task.CompletedTask;

    public bool IsEmpty => _reads.Count == 0;

    /// <summary>The size of the next read in bytes.</summary>
    public int Chunk => pool.Budget.IsAboveHalf ? chunk : ChunkAfter(_taken, chunk, most, grown);

    /// <summary>Whether a read can be added. One read is always allowed; more only while less than half of the budget is in use.</summary>
    public bool MayAdd => _reads.Count == 0 || ((_reads.Count < most || MayAddGrown) && !pool.Budget.IsAboveHalf);

    /// <summary>Whether the client has received so much that reads are in flight while it receives, whatever was configured.</summary>
    public bool MayReadAhead => HasGrown && 2L * Chunk <= grown;

    private bool HasGrown => _taken >= GrowsAfter && !pool.Budget.IsAboveHalf;

    private bool MayAddGrown => HasGrown && (_reads.Count + 1L) * Chunk <= grown && FileMetrics.ReadsInFlight < InFlightWhenBusy;

    /// <summary>
    /// Returns the size in bytes of the read after <paramref name="received"/> bytes: the configured size first, then as much as was
    /// received, at most 512 KiB and half of the memory allowed. A range of 1 MiB takes four reads instead of eight.
    /// </summary>
    public static int ChunkAfter(long received, int chunk, int most, long grown) =>
        Math.Max(chunk, (int)Math.Min(received, Math.Min(GrownChunk, grown / Math.Max(most, 2))) / chunk * chunk);

    /// <summary>Adds a read. Returns the position behind it.</summary>
    public long Add(PendingRead read)
    {
        _reads.Enqueue(read);
        return read.Position + read.Length;
    }

    public PendingRead Take() => _reads.Dequeue();

    /// <summary>Counts written bytes.</summary>
    public void Written(long bytes) => _taken += bytes;

    /// <summary>
    /// Allows or forbids <see cref="ReturnIfScarce"/>. It is allowed while a flush waits for the client. Afterwards there may be no reads;
    /// new ones start behind the bytes that were sent.
    /// </summary>
    public void AllowReturn(bool isAllowed)
    {
        lock (_gate)
        {
            _mayReturn = isAllowed;
        }
    }

    /// <summary>Returns the buffers if memory is scarce, or the reads have grown. Any thread.</summary>
    public void ReturnIfScarce()
    {
        lock (_gate)
        {
            if (_mayReturn && !IsEmpty && (pool.Budget.IsAboveHalf || _reads.Sum(static read => (long)read.Length) > (most - 1L) * chunk))
            {
                PendingRead[] reads = [.. _reads];
                _reads.Clear();
                _taken = 0;
                // Not on the thread pool: where the system refuses the pool a thread, Task.Run throws and never runs the work.
                _returning = Task.WhenAll(_returning, ReturnAsync(reads));
            }
        }
    }

    /// <summary>Returns all buffers. Afterwards no read is in flight, and the file may be closed.</summary>
    public async ValueTask CompleteAsync()
    {
        if (!IsEmpty)
        {
            await ReturnAsync(_reads).ConfigureAwait(false);
        }

        await _returning.ConfigureAwait(false);
    }

    /// <summary>Returns buffers after their reads have completed, because the kernel would otherwise write into another response.</summary>
    private async Task ReturnAsync(IEnumerable<PendingRead> reads)
    {
        foreach (PendingRead read in reads)
        {
            read.TryCancel();
        }

        foreach (PendingRead read in reads)
        {
            if (!read.IsJoined)
            {
                await read.Result.ConfigureAwait(false);
            }

            read.Return(pool);
        }
    }
}
