using FileAio.Buffers;
using FileAio.Composition;
using FileAio.Diagnostics;
using FileAio.Files;
using FileAio.Http;
using FileAio.Reading;
using Microsoft.AspNetCore.Http;

namespace FileAio.Sending;

/// <summary>
/// Sends a range bypassing the page cache. The range is rounded out to the alignment, read in whole buffers, and trimmed. An aligned read
/// across the end of the file returns the remaining bytes, so an unaligned file size needs no special case.
/// </summary>
internal sealed class DirectSender(
    OpenedFile file, int descriptor, FileServing serving, ResponseBody body, HttpContext context, SharedReader? shared)
{
    // A smaller read into the pipe could get the rest of a block that is in use; such ends are copied. (Blocks are 4 KiB or more.)
    private const int LeastIntoPipe = 8192;

    /// <summary>
    /// The number of bytes that the only response that reads reads ahead, before it looks again whether it is the only one. The copy then
    /// costs less than a device that waits for each send.
    /// </summary>
    private const long AloneBytes = 16 << 20;

    private readonly DirectReader _reader = new(file, descriptor, body.Engine.Engine, body.IsInline);
    private readonly AlignedBufferPool _pool = serving.Runtime.Buffers;

    /// <summary>The size in bytes to which the reads of this response may grow: a read must fit into the memory that all have.</summary>
    private long Grown => body.Limit is null ? Math.Min(serving.Options.MaxReadAhead, _pool.Budget.Limit / 2) : 0;

    public async ValueTask<SendOutcome> SendAsync(ByteRange range)
    {
        DirectWindow window = DirectWindow.Around(range, file.DirectAlignment);
        int chunk = (int)RoundUp(body.ChunkSize, file.DirectAlignment);
        // A response that waits for its rate limit holds no buffer.
        int ahead = body.Limit is null ? serving.Options.OutputBuffers.Count : 1;
        if (!serving.ReadIntoPipe)
        {
            return await CopyAsync(range, window, chunk, ahead).ConfigureAwait(false);
        }

        return await IntoPipeAsync(range, window, chunk, ahead).ConfigureAwait(false);
    }

    /// <summary>Reads into pool buffers, up to <paramref name="ahead"/> at a time, and copies them to the pipe in order.</summary>
    private async ValueTask<SendOutcome> CopyAsync(ByteRange range, DirectWindow window, int chunk, int ahead, long received = 0)
    {
        ReadsAhead reads = new ReadsAhead(_pool, ahead, chunk, Grown, received);
        long next = window.Start;
        long position = range.Start;
        try
        {
            while (true)
            {
                next = StartReads(reads, chunk, next, window.End);
                if (reads.IsEmpty)
                {
                    int want = SizeOf(reads, chunk, next, window.End);
                    AlignedBuffer? buffer = await _pool.RentAsync(want, serving.Options.QueueTimeout, context.RequestAborted)
                        .ConfigureAwait(false);
                    if (buffer is null)
                    {
                        return new SendOutcome(SendEnd.Busy, position);
                    }

                    next = reads.Add(Start(buffer, next, want));
                }

                PendingRead current = reads.Take();
                if (current.IsJoined)
                {
                    if (await FinishJoinedAsync(current).ConfigureAwait(false) is not { } finished)
                    {
                        return new SendOutcome(SendEnd.Busy, position);
                    }

                    current = finished;
                }

                long written;
                try
                {
                    SysResult read = await _reader.FinishAsync(current, range.End).ConfigureAwait(false);
                    if (read.IsError)
                    {
                        return SendOutcome.OfFailedRead(read, position);
                    }

                    if (reads.MayReadAhead)
                    {
                        next = StartReads(reads, chunk, next, window.End); // the device works while this one is copied and sent
                    }

                    long there = Math.Min(current.Position + read.Value, range.End);
                    written = there - position;
                    if (written > 0)
                    {
                        Range part = (int)(position - current.Position)..(int)(there - current.Position);
                        await body.WriteAsync(current.Buffer.Memory[part]).ConfigureAwait(false);
                    }
                }
                finally
                {
                    // Return the buffer before the flush. A stalled client then holds the pipe's memory and only the read-ahead buffers of
                    // the pool.
                    current.Return(_pool);
                }
                if (written <= 0)
                {
                    return new SendOutcome(SendEnd.Shrank, position);
                }

                reads.Written(written);
                position += written;
                if (position == range.End)
                {
                    return new SendOutcome(SendEnd.Sent, position);
                }

                if (position < current.Position + current.Length)
                {
                    return new SendOutcome(SendEnd.Shrank, position);
                }

                if (!await FlushAsync(reads).ConfigureAwait(false))
                {
                    return new SendOutcome(SendEnd.ClientGone, position);
                }

                if (current.IsJoined)
                {
                    await body.YieldAtLimitAsync().ConfigureAwait(false); // a read of another response often has completed before
                }

                if (reads.IsEmpty)
                {
                    next = current.Position + current.Length;
                }
            }
        }
        finally
        {
            await reads.CompleteAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Starts as many reads as are allowed and have memory. Returns the position behind them.</summary>
    private long StartReads(ReadsAhead reads, int chunk, long next, long end)
    {
        while (next < end && reads.MayAdd)
        {
            int want = SizeOf(reads, chunk, next, end);
            if (shared?.TryJoin(next) is { } joined)
            {
                next = reads.Add(joined);
            }
            else if (_pool.TryRent(want) is { } buffer)
            {
                next = reads.Add(Start(buffer, next, want));
            }
            else
            {
                break;
            }
        }

        return next;
    }

    /// <summary>Starts a read. If this throws, the buffer has been returned.</summary>
    private PendingRead Start(AlignedBuffer buffer, long position, int length) =>
        shared?.Start(_reader, buffer, position, length) ?? _reader.StartAlone(_pool, buffer, position, length);

    /// <summary>
    /// Returns the size of the next read. While other responses read the file, grown reads end at multiples of their size, so that
    /// responses with different starts make the same reads.
    /// </summary>
    private int SizeOf(ReadsAhead reads, int chunk, long next, long end)
    {
        int size = reads.Chunk;
        if (size > chunk && shared?.HasOthers == true)
        {
            size -= (int)(next % size);
        }

        return (int)Math.Min(size, end - next);
    }

    /// <summary>
    /// Waits for a read of another response. If it is not whole, this response reads for itself. Returns null if there is no memory for
    /// that.
    /// </summary>
    private async ValueTask<PendingRead?> FinishJoinedAsync(PendingRead joined)
    {
        SysResult read = await joined.Result.ConfigureAwait(false);
        if (joined.Shared!.IsWholeResult(read))
        {
            FileMetrics.ReadShared(read.Value);
            return joined with { Result = new ValueTask<SysResult>(read) };
        }

        joined.Return(_pool);
        AlignedBuffer? buffer = await _pool.RentAsync(joined.Length, serving.Options.QueueTimeout, context.RequestAborted)
            .ConfigureAwait(false);
        return buffer is null ? null : _reader.StartAlone(_pool, buffer, joined.Position, joined.Length);
    }

    /// <summary>Flushes. If the client stalls meanwhile, the buffers that were read ahead may be returned.</summary>
    private async ValueTask<bool> FlushAsync(ReadsAhead reads)
    {
        if (reads.IsEmpty)
        {
            return await body.FlushAsync().ConfigureAwait(false);
        }

        reads.AllowReturn(true);
        try
        {
            return await body.FlushAsync(whileWaiting: reads.ReturnIfScarce).ConfigureAwait(false);
        }
        finally
        {
            reads.AllowReturn(false);
        }
    }

    /// <summary>Reads into the pipe's own memory, one buffer at a time. An unaligned beginning and a short end are copied.</summary>
    private async ValueTask<SendOutcome> IntoPipeAsync(ByteRange range, DirectWindow window, int chunk, int ahead)
    {
        long position = range.Start;
        PipeRead into = new PipeRead(_reader, body, _pool.Budget);
        for (long next = window.Start; ;)
        {
            bool mayGrow = body.Limit is null && !_pool.Budget.IsAboveHalf;
            long received = position - range.Start;
            int most = mayGrow ? ReadsAhead.ChunkAfter(received, chunk, ahead, Grown) : chunk;
            long want = Math.Min(most, window.End - next);
            SendOutcome outcome;
            bool isShared = next == position && shared?.IsNearOthers(next) == true;
            bool isAlone = mayGrow && next == position && received >= ReadsAhead.GrowsAfter && 2L * most <= Grown
                && FileMetrics.ReadsInFlight == 0;
            if (isShared || isAlone)
            {
                want = Math.Min(AloneBytes, window.End - next);
                ByteRange part = new ByteRange(position, Math.Min(range.End, next + want));
                outcome = await CopyAsync(part, new DirectWindow(next, next + want), chunk, ahead, received).ConfigureAwait(false);
            }
            else if (next < position || want < LeastIntoPipe)
            {
                ByteRange part = new ByteRange(position, Math.Min(range.End, next + want));
                outcome = await CopyAsync(part, new DirectWindow(next, next + want), (int)want, 1).ConfigureAwait(false);
            }
            else
            {
                outcome = await into.ReadAsync(next, (int)want, range.End, serving.Options.QueueTimeout, context.RequestAborted)
                    .ConfigureAwait(false);
                if (outcome.End == SendEnd.NotDirect && !outcome.Reason.IsError)
                {
                    return await CopyAsync(range with { Start = next }, window with { Start = next }, chunk, ahead).ConfigureAwait(false);
                }
            }
            if (outcome.End != SendEnd.Sent || outcome.Position == range.End)
            {
                return outcome;
            }

            if (!await body.FlushAsync().ConfigureAwait(false))
            {
                return outcome with { End = SendEnd.ClientGone };
            }

            position = outcome.Position;
            next += want;
        }
    }

    private static long RoundUp(long value, long alignment) => (value + alignment - 1) & ~(alignment - 1);
}
