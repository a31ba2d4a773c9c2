using System.Buffers;
using Transport.Core.Interop;
using Transport.Core.Loops;
using Transport.Core.Readiness;
using Transport.Uring.Interop;

namespace Transport.Uring;

/// <summary>
/// From the output pipe to the socket: one send in flight, whose memory is pinned until it has completed. Other threads send with send(2).
/// </summary>
internal sealed partial class UringConnection
{
    private SocketCompletion? _outgoing;
    private OutputBatch _output;
    private long _sent;
    private Step _sending;

    /// <summary>Keeps the piece in place that is being sent; several are in <see cref="_vector"/>.</summary>
    private MemoryHandle _outputPin;
    private SendVector? _vector;

    /// <summary>The send waits for the next iteration.</summary>
    private bool _isDeferred;

    public override ValueTask<SysResult> SendAsync(in OutputBatch output)
    {
        _loop.AssertCurrent();
        if (IsClosed)
        {
            return new ValueTask<SysResult>(SysResult.Canceled);
        }

        _output = output;
        _sent = 0;
        SubmitSend(ref _loop.Answers);
        return (_outgoing ??= new SocketCompletion()).Wait();
    }

    public override SysResult TrySend(in OutputBatch output)
    {
        lock (_closing)
        {
            if (IsClosed)
            {
                return SysResult.Canceled;
            }

            SysResult sent = SocketCalls.Send(_socket, output.Bytes, Libc.MSG_DONTWAIT);
            if (!sent.IsError)
            {
                Interlocked.Add(ref _loop.Counters.BytesSentElsewhere.Value, sent.Value);
            }

            return sent;
        }
    }

    /// <summary>The next iteration has begun.</summary>
    public void ContinueSend()
    {
        if (!_isDeferred)
        {
            // Closed meanwhile.
            return;
        }

        _isDeferred = false;
        TrySubmitSend();
    }

    private void SubmitSend(ref SendBudget budget)
    {
        if (budget.IsUsedUp)
        {
            _isDeferred = true;
            _loop.ContinueNextIteration(this);
            return;
        }

        ReadOnlySequence<byte> bytes = _output.Bytes;
        if (bytes.IsSingleSegment)
        {
            ReadOnlyMemory<byte> piece = bytes.First;
            _outputPin = piece.Pin();
            budget.Use(piece.Length);
            _loop.Submit(Sqe.Send(_socket, in _outputPin, piece.Length, OutgoingId));
        }
        else
        {
            _vector = _loop.RentVector();
            try
            {
                budget.Use((nint)_vector.Pin(bytes));
            }
            catch
            {
                Unpin();
                throw;
            }

            _loop.Submit(Sqe.Send(_socket, _vector, OutgoingId));
        }

        _sending = Step.Transfer;
    }

    /// <summary>Within the loop: pinning a block of the application's memory pool may fail, which ends this connection and not the loop.</summary>
    private void TrySubmitSend()
    {
        try
        {
            SubmitSend(ref _loop.Leftovers);
        }
        catch (Exception exception)
        {
            _output = default;
            _outgoing!.Fail(exception);
        }
    }

    private ulong OutgoingId => (_id with { Kind = OperationKind.Outgoing }).Pack();

    private void Sent(int result)
    {
        bool wasPoll = _sending == Step.Poll;
        _sending = Step.None;
        Unpin();
        if (!wasPoll && result > 0)
        {
            _loop.Counters.BytesSent += result;
        }

        if (IsClosed)
        {
            _output = default;
            Canceled(_outgoing);
            return;
        }

        if (result == -Errno.EAGAIN)
        {
            // Somebody has set O_NONBLOCK.
            _sending = Step.Poll;
            _loop.Submit(Sqe.Poll(_socket, Libc.POLLOUT, OutgoingId));
            return;
        }

        if (result < 0 && result != -Errno.EINTR)
        {
            _output = default;
            _outgoing!.Complete(new SysResult(result));
            return;
        }

        if (!wasPoll && result > 0)
        {
            _sent += result;
            if (result == _output.Length)
            {
                _output = default;
                _outgoing!.Complete(new SysResult((nint)_sent));
                return;
            }

            _output = _output.Slice(result);
        }

        TrySubmitSend();
    }

    private void Unpin()
    {
        _outputPin.Dispose();
        _outputPin = default;
        if (_vector is { } vector)
        {
            vector.Unpin();
            _loop.ReturnVector(vector);
            _vector = null;
        }
    }

    /// <summary>The connection is closed: a send that the kernel has not been given will not be.</summary>
    private void EndDeferredSend()
    {
        if (_isDeferred)
        {
            _isDeferred = false;
            _output = default;
            _outgoing!.Complete(SysResult.Canceled);
        }
    }
}
