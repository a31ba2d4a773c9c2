using System.Buffers;
using Transport.Core.Interop;
using Transport.Core.Interop.Sockets;
using Transport.Core.Loops.Sockets;
using Transport.Core.Readiness;
using Transport.Uring.Interop;
using Transport.Uring.Rings;

namespace Transport.Uring;

/// <summary>
/// Sending: from the output pipe to the socket. One send is in flight, whose memory is pinned until completion. File ranges are sent by
/// sendfile(2), and other threads send with send(2).
/// </summary>
internal sealed partial class UringConnection
{
    private SocketCompletion? _outgoing;
    private OutputBatch _output;
    private long _sent;
    private Step _sending;

    /// <summary>Pins a single piece; several are pinned by <see cref="_vector"/>.</summary>
    private MemoryHandle _outputPin;
    private SendVector? _vector;

    /// <summary>The send waits for the next iteration.</summary>
    private bool _isDeferred;

    /// <summary>
    /// The socket has O_NONBLOCK. sendfile(2) needs it in order not to wait for the client, since it has no flag for that. Set with the
    /// first file range of the connection, and kept.
    /// </summary>
    private bool _isNonBlocking;

    public override ValueTask<SysResult> SendAsync(in OutputBatch output)
    {
        _loop.AssertCurrent();
        if (IsClosed)
        {
            return new ValueTask<SysResult>(SysResult.Canceled);
        }

        _output = output;
        _sent = 0;
        return SendNext(ref _loop.Answers) is { } result
            ? new ValueTask<SysResult>(result)
            : (_outgoing ??= new SocketCompletion()).Wait();
    }

    public override SysResult TrySend(in OutputBatch output)
    {
        if (IsClosed || !_elsewhere.TryBegin())
        {
            return SysResult.Canceled;
        }

        try
        {
            return IsZeroCopy(in output) ? new SysResult(-Errno.EAGAIN) : SendNow(output);
        }
        finally
        {
            // Also after an exception of the application's memory pool.
            if (_elsewhere.End())
            {
                SocketCalls.Close(_socket);
            }
        }
    }

    private SysResult SendNow(in OutputBatch output)
    {
        if (output.Bytes.IsEmpty)
        {
            SetNonBlocking();
        }

        SysResult sent = OutputCalls.SendNext(_socket, output, _loop.Counters, Libc.MSG_DONTWAIT);
        if (!sent.IsError)
        {
            Interlocked.Add(ref _loop.Counters.BytesSentElsewhere.Value, sent.Value);
        }

        return sent;
    }

    /// <summary>Continues in the next iteration.</summary>
    public void ContinueSend()
    {
        if (!_isDeferred)
        {
            // Closed meanwhile.
            return;
        }

        _isDeferred = false;
        Continue();
    }

    /// <summary>
    /// Sends the next output within the iteration's budget: bytes by the ring, or by send(2) in an iteration with few completions; a file
    /// range by sendfile(2).
    /// </summary>
    /// <returns>The result of the whole batch; null if it is not complete yet.</returns>
    private SysResult? SendNext(ref SendBudget budget)
    {
        while (!budget.IsUsedUp)
        {
            bool hasBytes = !_output.Bytes.IsEmpty;
            if (hasBytes && (!_loop.SendsAtOnce || IsZeroCopy(in _output)))
            {
                SubmitBytes(ref budget);
                return null;
            }

            if (!hasBytes)
            {
                SetNonBlocking();
            }

            SysResult sent = OutputCalls.SendNext(_socket, _output, _loop.Counters, Libc.MSG_DONTWAIT);
            if (sent.WouldBlock)
            {
                if (hasBytes)
                {
                    SubmitBytes(ref budget);
                }
                else
                {
                    Poll();
                }

                return null;
            }

            if (sent.IsError)
            {
                _output = default;
                return sent;
            }

            budget.Use(sent.Value);
            if (Advance(sent.Value))
            {
                return new SysResult((nint)_sent);
            }
        }

        _isDeferred = true;
        _loop.ContinueNextIteration(this);
        return null;
    }

    private void SubmitBytes(ref SendBudget budget)
    {
        ReadOnlySequence<byte> bytes = _output.Bytes;

        // MSG_MORE: the header is sent in one segment with the file's first bytes.
        int flags = _output.File is { Remaining: > 0 } ? Libc.MSG_MORE : 0;
        _isZeroCopy = IsZeroCopy(in _output);
        if (bytes.IsSingleSegment)
        {
            ReadOnlyMemory<byte> piece = bytes.First;
            _outputPin = piece.Pin();
            budget.Use(piece.Length);
            _loop.Submit(Sqe.Send(_socket, in _outputPin, piece.Length, flags, OutgoingId, _isZeroCopy));
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

            _loop.Submit(Sqe.Send(_socket, _vector, flags, OutgoingId, _isZeroCopy));
        }

        _sending = Step.Transfer;
    }

    /// <summary>Waits for room in the socket's buffer, after −EAGAIN.</summary>
    private void Poll()
    {
        _sending = Step.Poll;
        _loop.Submit(Sqe.Poll(_socket, Libc.POLLOUT, OutgoingId));
    }

    /// <returns>Whether the whole batch has been sent.</returns>
    private bool Advance(nint sent)
    {
        _loop.Counters.BytesSent += sent;
        _sent += sent;
        _output = _output.After(sent);
        if (!_output.IsEmpty)
        {
            return false;
        }

        _output = default;
        return true;
    }

    private void SetNonBlocking()
    {
        if (!_isNonBlocking)
        {
            _isNonBlocking = true;
            _ = SocketCalls.SetNonBlocking(_socket);
        }
    }

    /// <summary>
    /// Continues within the loop. Pinning a block of the application's memory pool may fail, which ends this connection and not the loop.
    /// </summary>
    private void Continue()
    {
        SysResult? result;
        try
        {
            result = SendNext(ref _loop.Leftovers);
        }
        catch (Exception exception)
        {
            _output = default;
            _outgoing!.Fail(exception);
            return;
        }

        if (result is { } sent)
        {
            _outgoing!.Complete(sent);
        }
    }

    private ulong OutgoingId => (_id with { Kind = OperationKind.Outgoing }).Pack();

    private void Sent(int result, uint flags)
    {
        if (_isZeroCopy && !IsReleased(ref result, flags))
        {
            return;
        }

        bool isPoll = _sending == Step.Poll;
        _sending = Step.None;
        Unpin();
        if (IsClosed)
        {
            _output = default;
            Canceled(_outgoing);
        }
        else if (result == -Errno.EAGAIN)
        {
            Poll();
        }
        else if (result < 0 && result != -Errno.EINTR)
        {
            _output = default;
            _outgoing!.Complete(new SysResult(result));
        }
        else if (!isPoll && result > 0 && Advance(result))
        {
            _outgoing!.Complete(new SysResult((nint)_sent));
        }
        else
        {
            Continue();
        }
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

    /// <summary>The connection is closed: a send that has not been submitted is cancelled.</summary>
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
