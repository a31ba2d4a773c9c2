using Transport.Core.Interop;
using Transport.Uring.Interop;
using Transport.Uring.Rings;

namespace Transport.Uring;

/// <summary>
/// Multishot receives: one operation completes for each piece of data, until it is cancelled or no buffer is left. Pieces that arrive while
/// nobody waits for them stay in their buffers, in order, so what a loop holds is bounded by its ring. A poll detects the peer's end.
/// </summary>
internal sealed partial class UringConnection
{
    /// <summary>
    /// After so many full buffers in a row the connection receives directly into the pipe, until the socket is empty. An estimate: a large
    /// request, for which a cancellation is cheaper than copying.
    /// </summary>
    private const int BulkBuffers = 4;

    /// <summary>
    /// After so many small requests a connection of <see cref="UringReceive.Auto"/> is expected to send more of them. The poll beside the
    /// receive and two cancellations at the end cost about as much as four single receives (estimated from their number of operations).
    /// </summary>
    private const int SmallReceives = 16;

    private HeldList _held;

    /// <summary>FIN (0) or the error that follows the held buffers.</summary>
    private int? _end;

    /// <summary>The multishot receive is being cancelled, and has not completed yet.</summary>
    private bool _isStopping;
    private byte _fullInARow;

    /// <summary>A poll for the peer's end is in flight.</summary>
    private bool _isWatching;

    /// <summary>The peer has ended the connection or its direction: single receives find what is left.</summary>
    private bool _isHungUp;

    private void SubmitMultishot()
    {
        if (!_isWatching)
        {
            _isWatching = true;
            _loop.Submit(Sqe.Poll(_socket, Libc.POLLRDHUP | Libc.POLLERR | Libc.POLLHUP, HangUpId));
        }

        _receiving = Step.Multishot;
        _loop.Submit(Sqe.ReceiveMultishot(_socket, BufferRing.Group, _id.Pack()));
    }

    private void MultishotReceived(int result, uint flags)
    {
        bool isArmed = (flags & IoUring.IORING_CQE_F_MORE) != 0;
        if ((flags & IoUring.IORING_CQE_F_BUFFER) != 0)
        {
            ushort id = BufferRing.IdOf(flags);
            if (IsClosed || result <= 0)
            {
                _loop.Buffers.Return(id);
            }
            else
            {
                _loop.Held.Append(ref _held, id, result);
            }
        }

        if (!isArmed)
        {
            _receiving = Step.None;
            _isStopping = false;
            if (IsClosed)
            {
                Canceled(_incoming);
                return;
            }

            MultishotEnded(result);
        }

        if (IsClosed)
        {
            return;
        }

        if (_incoming.IsPending)
        {
            ContinueReceive();
        }
        else if (isArmed)
        {
            // The connection is paused: the application has not read enough.
            StopMultishot();
        }
    }

    /// <summary>Handles the last completion of a multishot receive. The next is submitted when the connection waits for it.</summary>
    private void MultishotEnded(int result)
    {
        switch (result)
        {
            case > 0:
            case -Errno.EINTR:
            case -Errno.ECANCELED when !_loop.IsLost:
                break;
            case -Errno.ENOBUFS:
                // No buffer is left in the ring. The pipe has memory.
                _loop.Uring.BufferShortages++;
                _hasMore = true;
                break;
            case -Errno.EAGAIN:
                // O_NONBLOCK has been set on the socket.
                _mustPoll = true;
                break;
            case -Errno.EINVAL:
                _loop.DisableMultishot(result);
                break;
            default:
                _end = result;
                break;
        }
    }

    /// <summary>Completes the pending receive with held bytes or the end, or submits the next one.</summary>
    private void ContinueReceive()
    {
        SysResult? result;
        try
        {
            result = TakeHeld();
            if (result is null && _receiving == Step.None)
            {
                SubmitReceive();
            }
        }
        catch (Exception exception)
        {
            // The memory pool is the application's: its exception ends this connection, not the loop.
            _incoming.Fail(exception);
            return;
        }

        if (result is { } received)
        {
            _incoming.Complete(received);
        }
    }

    /// <summary>Moves held bytes to the pipe, as many as one receive requests.</summary>
    /// <returns>Their number, or what follows them; null if there is neither.</returns>
    private SysResult? TakeHeld()
    {
        if (_held.Count == 0)
        {
            return _end is { } end ? new SysResult(end) : null;
        }

        int taken = 0;
        do
        {
            ReadOnlySpan<byte> bytes = _loop.Held.First(in _held);
            if (taken > 0 && taken + bytes.Length > _loop.MaximumBuffer)
            {
                break;
            }

            Append(bytes);
            taken += bytes.Length;
            bool filled = _buffer.Received(bytes.Length, _loop.Buffers.Size);
            _fullInARow = (byte)(filled ? Math.Min(_fullInARow + 1, BulkBuffers) : 0);
            _loop.Held.ReturnFirst(ref _held);
        }
        while (_held.Count > 0);

        if (_fullInARow == BulkBuffers && _receiving == Step.Multishot)
        {
            _fullInARow = 0;
            _hasMore = true;
            StopMultishot();
        }

        _loop.Counters.BytesReceived += taken;
        return new SysResult(taken);
    }

    private ulong HangUpId => (_id with { Kind = OperationKind.HangUp }).Pack();

    /// <summary>
    /// Handles the end of the peer. A multishot receive that takes data does not test the socket again before it waits. If an RST arrived
    /// together with the data, nothing would wake it (Linux 6.18).
    /// </summary>
    private void HungUp()
    {
        _isWatching = false;
        _isHungUp = true;
        if (IsClosed)
        {
            Canceled(null);
        }
        else if (_receiving == Step.Multishot)
        {
            StopMultishot();
        }
    }

    private void StopMultishot()
    {
        if (!_isStopping)
        {
            _isStopping = true;
            _smallInARow = 0;
            _loop.Cancel(_id);
        }
    }
}
