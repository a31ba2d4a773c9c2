using System.IO.Pipelines;

namespace Transport.Core.Connections;

/// <summary>
/// The application's end of the output pipe: the pipe's own, and on the way a look at how much is flushed, which
/// <see cref="SendScheduler"/> is told.
/// </summary>
internal sealed class OutputWriter(PipeWriter pipe) : PipeWriter
{
    /// <summary>
    /// From here on a flush is sent then and there, on whatever thread it is (where the model can send without waiting): the call copies
    /// for longer than a wake-up takes, nothing is gained by gathering, and a flush that has ended when it returns spares Kestrel a hop to
    /// the thread pool. A guess: four of the pool's blocks.
    /// </summary>
    public const int Bulk = 16 * 1024;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => pipe.UnflushedBytes;

    public override Memory<byte> GetMemory(int sizeHint = 0) => pipe.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => pipe.GetSpan(sizeHint);

    public override void Advance(int bytes) => pipe.Advance(bytes);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (pipe.UnflushedBytes < Bulk)
        {
            return pipe.FlushAsync(cancellationToken);
        }

        SendScheduler.IsAtOnce = true;
        try
        {
            return pipe.FlushAsync(cancellationToken);
        }
        finally
        {
            SendScheduler.IsAtOnce = false;
        }
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (pipe.UnflushedBytes + source.Length < Bulk)
        {
            return pipe.WriteAsync(source, cancellationToken);
        }

        SendScheduler.IsAtOnce = true;
        try
        {
            return pipe.WriteAsync(source, cancellationToken);
        }
        finally
        {
            SendScheduler.IsAtOnce = false;
        }
    }

    public override void CancelPendingFlush() => pipe.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => pipe.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => pipe.CompleteAsync(exception);
}
