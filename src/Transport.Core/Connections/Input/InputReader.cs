using System.IO.Pipelines;
using Transport.Core.Loops;

namespace Transport.Core.Connections.Input;

/// <summary>
/// The application's end of the input pipe. Kestrel starts each connection on the .NET thread pool, and would run the first request there
/// if its data has arrived by then. Handlers that block would use up the pool. The first read therefore never completes there: see <see
/// cref="FirstRead"/>.
/// </summary>
internal sealed class InputReader(PipeReader inner, EventLoop loop) : PipeReader
{
    private bool _hasRead;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ValueTask<ReadResult> read = inner.ReadAsync(cancellationToken);
        return MayRunHere() ? read : new ValueTask<ReadResult>(new FirstRead(read, loop), 0);
    }

    public override bool TryRead(out ReadResult result)
    {
        if (_hasRead || !Thread.CurrentThread.IsThreadPoolThread)
        {
            return inner.TryRead(out result);
        }

        // The caller continues with ReadAsync.
        result = default;
        return false;
    }

    public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

    public override Task CopyToAsync(PipeWriter destination, CancellationToken cancellationToken = default) =>
        inner.CopyToAsync(destination, cancellationToken);

    public override Task CopyToAsync(Stream destination, CancellationToken cancellationToken = default) =>
        inner.CopyToAsync(destination, cancellationToken);

    protected override ValueTask<ReadResult> ReadAtLeastAsyncCore(int minimumSize, CancellationToken cancellationToken) =>
        inner.ReadAtLeastAsync(minimumSize, cancellationToken);

    /// <summary>Returns whether this is not the first read, or not on the thread pool.</summary>
    private bool MayRunHere()
    {
        bool isLater = _hasRead;
        _hasRead = true;
        return isLater || !Thread.CurrentThread.IsThreadPoolThread;
    }
}
