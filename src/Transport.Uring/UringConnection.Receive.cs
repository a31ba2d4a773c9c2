using System.Buffers;
using System.IO.Pipelines;
using Transport.Core.Interop;
using Transport.Core.Loops.Sockets;
using Transport.Uring.Interop;
using Transport.Uring.Rings;

namespace Transport.Uring;

/// <summary>
/// Receiving: from the socket to the input pipe. A waiting connection has a receive in flight and holds no memory: the receive takes a
/// buffer of the loop's ring when there is data, and the bytes are copied. While more data is available than a buffer holds, receives go
/// directly into the pipe. <see cref="UringReceive"/> has the alternatives.
/// </summary>
internal sealed partial class UringConnection
{
    private readonly SocketCompletion _incoming = new();
    private PipeWriter? _input;
    private ReceiveBuffer _buffer;
    private Step _receiving;

    /// <summary>Pins the pipe's memory while a receive into it is in flight.</summary>
    private MemoryHandle _inputPin;
    private int _inputLength;

    /// <summary>The last receive has left data in the socket.</summary>
    private bool _hasMore;

    /// <summary>The number of receives in a row that have emptied the socket into a buffer of the ring, up to the limit.</summary>
    private byte _smallInARow;

    /// <summary>The last receive did not wait for data (−EAGAIN), so a poll has to.</summary>
    private bool _mustPoll;

    public override ValueTask<SysResult> ReceiveAsync(PipeWriter input)
    {
        _loop.AssertCurrent();
        if (IsClosed)
        {
            return new ValueTask<SysResult>(SysResult.Canceled);
        }

        _input = input;
        if (TakeHeld() is { } held)
        {
            return new ValueTask<SysResult>(held);
        }

        if (_receiving == Step.None)
        {
            SubmitReceive();
        }

        return _incoming.Wait();
    }

    private void SubmitReceive()
    {
        if (_mustPoll)
        {
            _mustPoll = false;
            PollIncoming();
            return;
        }

        if (_hasMore)
        {
            SubmitReceiveIntoPipe(Step.TransferIntoPipe);
            return;
        }

        switch (_loop.Receive)
        {
            case UringReceive.MultishotIntoRing when !_isHungUp:
            case UringReceive.Auto when !_isHungUp && _smallInARow == SmallReceives:
                SubmitMultishot();
                break;
            case UringReceive.IntoPipe:
                SubmitReceiveIntoPipe(Step.WaitIntoPipe);
                break;
            default:
                _receiving = Step.Transfer;
                _loop.Submit(Sqe.ReceiveIntoRing(_socket, BufferRing.Group, _id.Pack()));
                break;
        }
    }

    private void SubmitReceiveIntoPipe(Step step)
    {
        Memory<byte> memory = _buffer.Rent(_input!);
        _inputPin = memory.Pin();
        _inputLength = memory.Length;
        _receiving = step;
        _loop.Submit(step == Step.TransferIntoPipe
            ? Sqe.Receive(_socket, in _inputPin, memory.Length, _id.Pack())
            : Sqe.WaitAndReceive(_socket, in _inputPin, memory.Length, _id.Pack()));
    }

    /// <summary>Waits for data. The receive that follows does not wait.</summary>
    private void PollIncoming()
    {
        _hasMore = true;
        _receiving = Step.Poll;
        _loop.Submit(Sqe.Poll(_socket, Libc.POLLIN, _id.Pack()));
    }

    private void Received(int result, uint flags)
    {
        Step step = _receiving;
        if (step == Step.Multishot)
        {
            MultishotReceived(result, flags);
            return;
        }

        _receiving = Step.None;
        bool isIntoPipe = step is Step.TransferIntoPipe or Step.WaitIntoPipe;
        if (isIntoPipe)
        {
            _inputPin.Dispose();
        }

        try
        {
            if ((flags & IoUring.IORING_CQE_F_BUFFER) != 0)
            {
                TakeBuffer(BufferRing.IdOf(flags), result);
            }

            if (IsClosed)
            {
                Canceled(_incoming);
                return;
            }

            if (MustRepeat(step, result))
            {
                return;
            }
        }
        catch (Exception exception)
        {
            // The memory pool is the application's: its exception ends this connection, not the loop.
            _incoming.Fail(exception);
            return;
        }

        if (result > 0)
        {
            if (isIntoPipe)
            {
                _input!.Advance(result);
            }

            _loop.Counters.BytesReceived += result;
            bool filled = _buffer.Received(result, isIntoPipe ? _inputLength : _loop.Buffers.Size);
            _hasMore = filled || (flags & IoUring.IORING_CQE_F_SOCK_NONEMPTY) != 0;
            _smallInARow = (byte)(_hasMore || isIntoPipe ? 0 : Math.Min(_smallInARow + 1, SmallReceives));
        }

        _incoming.Complete(new SysResult(result));
    }

    /// <summary>Copies received bytes into the pipe, unless the receive was cancelled, and returns the buffer.</summary>
    private void TakeBuffer(ushort id, int length)
    {
        try
        {
            if (length > 0 && !IsClosed)
            {
                Append(_loop.Buffers.Read(id, length));
            }
        }
        finally
        {
            _loop.Buffers.Return(id);
        }
    }

    private void Append(ReadOnlySpan<byte> received)
    {
        while (!received.IsEmpty)
        {
            Span<byte> memory = _buffer.Rent(_input!).Span;
            int count = Math.Min(memory.Length, received.Length);
            received[..count].CopyTo(memory);
            _input!.Advance(count);
            received = received[count..];
        }
    }

    /// <summary>Repeats an operation that has neither received nor failed.</summary>
    private bool MustRepeat(Step step, int result)
    {
        switch (result)
        {
            case >= 0 when step == Step.Poll:
            case -Errno.EINTR:
                break;
            case -Errno.ENOBUFS when step == Step.Transfer:
                // No buffer is left in the ring. The pipe has memory.
                _loop.Uring.BufferShortages++;
                _hasMore = true;
                break;
            case -Errno.EAGAIN when step == Step.TransferIntoPipe:
                _loop.Counters.SpuriousReports++;
                _hasMore = false;
                break;
            case -Errno.EAGAIN:
                // O_NONBLOCK has been set on the socket.
                _mustPoll = true;
                break;
            default:
                return false;
        }

        SubmitReceive();
        return true;
    }
}
