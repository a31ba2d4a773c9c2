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
/// <param name="pause">The number of unsent bytes, and of unsent bytes of file ranges, at which a flush waits; 0 is no limit.</param>
internal sealed class OutputWriter(PipeWriter pipe, EventLoop loop, long pause) : PipeWriter
{
    /// <summary>
    /// The most unsent bytes that wait for further output, whatever <see cref="TransportOptions.MaxWriteBufferSize"/> allows. Its default:
    /// what one sendmsg(2) takes in <see cref="Interop.Sockets.SocketCalls"/>.
    /// </summary>
    private const int MaxGathered = 64 * 1024;

    [ThreadStatic]
    private static OutputWriter? t_flushing;

    private readonly long _gathered = pause == 0 ? MaxGathered : Math.Min(pause, MaxGathered);
    private ParkedSend _parked;
    private long _taken;
    private OutputRanges? _ranges;
    private long _written;
    private bool _isRangeFlushed;

    /// <summary>
    /// Returns the writer whose flush has called <see cref="SendScheduler"/>, or null if the call is not part of a flush. Once for each
    /// flush: send loops that continue within it, of this connection or of others, schedule for themselves.
    /// </summary>
    public static OutputWriter? TakeFlushing()
    {
        OutputWriter? flushing = t_flushing;
        t_flushing = null;
        return flushing;
    }

    /// <summary>
    /// So much is unsent that the flush sends it itself, on any thread. One more flush would have to wait, and a flush that completes
    /// before it returns saves Kestrel a switch to the thread pool.
    /// </summary>
    public bool IsFull => _written - Volatile.Read(ref _taken) >= _gathered || _isRangeFlushed;

    /// <summary>The number of bytes of the pipe that the send loop has taken, including placeholders of ranges. Send loop.</summary>
    public long Taken
    {
        get => _taken;
        set => Volatile.Write(ref _taken, value);
    }

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

        return FlushBytesAsync(default, cancellationToken);
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        _written += source.Length;
        if (_ranges is { IsEmpty: false } ranges)
        {
            return FlushRangesAsync(ranges, source, cancellationToken);
        }

        return FlushBytesAsync(source, cancellationToken);
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

    /// <inheritdoc cref="ParkedSend.Park"/>
    public bool Park(Action<object?> action, object? state, bool isOnLoop) => _parked.Park(action, state, isOnLoop);

    /// <inheritdoc cref="ParkedSend.RunListed"/>
    public void SendListed(bool isOnLoop) => _parked.RunListed(isOnLoop);

    private ValueTask<FlushResult> FlushBytesAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        ValueTask<FlushResult> flush;
        t_flushing = this;
        try
        {
            flush = source.IsEmpty ? pipe.FlushAsync(cancellationToken) : pipe.WriteAsync(source, cancellationToken);
        }
        finally
        {
            t_flushing = null;
        }

        if (IsFull || _parked.IsLate)
        {
            _parked.Run();
        }

        return flush;
    }

    /// <summary>
    /// Flushes the pipe, then applies the back-pressure of the ranges. Ranges are sent at once: batching gains nothing, and a page-cache
    /// miss delays the caller's thread instead of the loop.
    /// </summary>
    private async ValueTask<FlushResult> FlushRangesAsync(
        OutputRanges ranges, ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        ranges.Flushed();
        _isRangeFlushed = true;
        ValueTask<FlushResult> flush = FlushBytesAsync(source, cancellationToken);
        _isRangeFlushed = false;
        FlushResult result = await flush.ConfigureAwait(false);
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
