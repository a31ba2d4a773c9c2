using System.IO.Pipelines;
using Microsoft.Win32.SafeHandles;
using Transport.Core.Loops;

namespace Transport.Core.Connections.Output;

/// <summary>
/// The application's end of the output pipe. It passes calls on to the pipe, and records how much is flushed for <see
/// cref="SendScheduler"/>. It also inserts file ranges (<see cref="TryAppend"/>).
/// </summary>
/// <param name="pipe">The pipe's own writer.</param>
/// <param name="loop">The connection's loop.</param>
/// <param name="pause">The number of unsent bytes of file ranges at which a flush waits; 0 is no limit.</param>
internal sealed class OutputWriter(PipeWriter pipe, EventLoop loop, long pause) : PipeWriter
{
    /// <summary>
    /// The size from which a flush is sent at once, on the flushing thread, if the model can send without waiting. The call copies for
    /// longer than a wake-up takes, batching gains nothing, and a flush that completes synchronously saves Kestrel a switch to the thread
    /// pool. An estimate: four of the pool's blocks.
    /// </summary>
    public const int Bulk = 16 * 1024;

    private OutputRanges? _ranges;
    private long _written;

    /// <summary>Null until the connection's first range. The flush that wakes the send loop publishes it.</summary>
    public OutputRanges? Ranges => _ranges;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => pipe.UnflushedBytes + (_ranges?.Unflushed ?? 0);

    public override Memory<byte> GetMemory(int sizeHint = 0) =>
        _ranges is { IsArmed: true } ranges && ranges.TryClaim(sizeHint) ? Memory<byte>.Empty : pipe.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => pipe.GetSpan(sizeHint);

    public override void Advance(int bytes)
    {
        if (_ranges is { IsClaimed: true })
        {
            AdvanceRange(bytes);
            return;
        }

        pipe.Advance(bytes);
        _written += bytes;
    }

    /// <summary>
    /// Appends a file range through the writers that <paramref name="output"/> puts before this one. They see a request for memory and an
    /// Advance, as for bytes, and count them. The memory is empty, so none of them can change it. A writer that changes bytes (TLS, chunked
    /// encoding, a buffer) requests other memory, which is detected, or fails.
    /// </summary>
    /// <returns>False if the request did not arrive; nothing is appended then.</returns>
    public bool TryAppend(PipeWriter output, SafeFileHandle file, long offset, int count)
    {
        OutputRanges ranges = _ranges ??= new OutputRanges(loop);
        ranges.Arm(file, offset, count);
        try
        {
            if (!output.GetMemory(OutputRanges.SizeHint).IsEmpty || !ranges.IsClaimed)
            {
                return false;
            }

            output.Advance(count);
            return true;
        }
        finally
        {
            ranges.Disarm();
        }
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_ranges is { IsEmpty: false } ranges)
        {
            return FlushRangesAsync(ranges, default, cancellationToken);
        }

        return pipe.UnflushedBytes < Bulk ? pipe.FlushAsync(cancellationToken) : SendAtOnceAsync(default, cancellationToken);
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        _written += source.Length;
        if (_ranges is { IsEmpty: false } ranges)
        {
            return FlushRangesAsync(ranges, source, cancellationToken);
        }

        return pipe.UnflushedBytes + source.Length < Bulk
            ? pipe.WriteAsync(source, cancellationToken)
            : SendAtOnceAsync(source, cancellationToken);
    }

    public override void CancelPendingFlush()
    {
        if (_ranges is not { } ranges || !ranges.CancelWait())
        {
            pipe.CancelPendingFlush();
        }
    }

    public override void Complete(Exception? exception = null) => pipe.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => pipe.CompleteAsync(exception);

    private void AdvanceRange(int bytes)
    {
        // The placeholder. A completed pipe throws here, before anything is queued.
        _ = pipe.GetMemory(1);
        _ranges!.Append(bytes, _written);
        pipe.Advance(1);
        _written++;
    }

    private ValueTask<FlushResult> SendAtOnceAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        SendScheduler.IsAtOnce = true;
        try
        {
            return source.IsEmpty ? pipe.FlushAsync(cancellationToken) : pipe.WriteAsync(source, cancellationToken);
        }
        finally
        {
            SendScheduler.IsAtOnce = false;
        }
    }

    /// <summary>
    /// Flushes the pipe, then applies the back-pressure of the ranges. Ranges are sent at once: batching gains nothing, and a page-cache
    /// miss delays the caller's thread instead of the loop.
    /// </summary>
    private async ValueTask<FlushResult> FlushRangesAsync(
        OutputRanges ranges, ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        ranges.Flushed();
        FlushResult result = await SendAtOnceAsync(source, cancellationToken).ConfigureAwait(false);
        if (result.IsCompleted || result.IsCanceled || pause == 0 || ranges.IsBelow(pause))
        {
            return result;
        }

        // The connection may have ended meanwhile, with or without an exception: the pipe's result says so.
        return await ranges.WaitAsync(pause, cancellationToken).ConfigureAwait(false)
            ? await pipe.FlushAsync(cancellationToken).ConfigureAwait(false)
            : new FlushResult(isCanceled: true, isCompleted: false);
    }
}
