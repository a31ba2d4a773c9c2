using Transport.Core.Loops.Sockets;

namespace Transport.Uring;

/// <summary>
/// Zero-copy sends. They complete twice: with the result, and when the kernel no longer uses the memory, which for TCP is after the client
/// has acknowledged the bytes. The memory stays pinned, and the send pending, until the second.
/// </summary>
internal sealed partial class UringConnection
{
    /// <summary>The send in flight is a zero-copy one.</summary>
    private bool _isZeroCopy;

    /// <summary>
    /// The kernel has refused one on this connection (Unix sockets do not support them), or has copied the bytes after all.
    /// </summary>
    private volatile bool _isZeroCopyRefused;

    /// <summary>The result, while <see cref="Step.Notification"/>.</summary>
    private int _zeroCopyResult;

    /// <summary>Whether the bytes of <paramref name="output"/> are sent without a copy. Any thread.</summary>
    private bool IsZeroCopy(in OutputBatch output) =>
        _loop.ZeroCopyThreshold is { } threshold && !_isZeroCopyRefused && output.Bytes.Length >= threshold;

    /// <summary>Handles a completion of a zero-copy send.</summary>
    /// <returns>Whether the kernel no longer uses the memory; <paramref name="result"/> is then that of the send.</returns>
    private bool IsReleased(ref int result, uint flags)
    {
        if (_sending == Step.Notification)
        {
            if (result == IoUring.UsageCopied && !_loop.IgnoresCopies)
            {
                // The peer is on this machine, or the device cannot gather. A late copy is no gain, and keeps the pages of the pieces: a
                // segment with parts of two pages counts as 8 KiB in the peer's receive buffer. A buffer of 8 KiB is then full, and the
                // sender probes every 200 ms until it has room (Linux 6.18).
                _isZeroCopyRefused = true;
                _loop.Uring.ZeroCopyRefusals++;
            }

            result = _loop.IsLost ? -Errno.ECANCELED : _zeroCopyResult;
        }
        else if ((flags & IoUring.IORING_CQE_F_MORE) != 0)
        {
            _zeroCopyResult = result;
            _sending = Step.Notification;
            if (IsClosed)
            {
                // The notification would wait for a client that may never acknowledge. This discards what has not been sent.
                IoUring.Disconnect(_socket);
            }

            return false;
        }

        _isZeroCopy = false;
        if (result is -Errno.EINVAL or -Errno.EOPNOTSUPP or -Errno.ENOMEM or -Errno.ENOBUFS)
        {
            // The kernel does not support it, or RLIMIT_MEMLOCK is reached: the bytes are copied.
            _isZeroCopyRefused = true;
            _loop.Uring.ZeroCopyRefusals++;
            if (result == -Errno.EINVAL)
            {
                _loop.DisableZeroCopy(result);
            }

            result = -Errno.EINTR;
        }
        else if (result >= 0)
        {
            _loop.Uring.ZeroCopySends++;
        }

        return true;
    }
}
