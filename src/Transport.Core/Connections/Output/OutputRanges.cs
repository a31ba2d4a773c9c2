using Microsoft.Win32.SafeHandles;
using Transport.Core.Loops;

namespace Transport.Core.Connections.Output;

/// <summary>
/// The queue of file ranges in a connection's output, beside the pipe that holds its bytes. Each range has one placeholder byte in the
/// pipe, which keeps the order and wakes the send loop. Created for a connection's first range.
/// </summary>
/// <remarks>
/// The writer arms, appends and waits; the send loop dequeues. A lock protects the queue; only the writer arms.
/// </remarks>
internal sealed class OutputRanges(EventLoop loop)
{
    /// <summary>
    /// The size hint that marks a request of <see cref="OutputWriter"/> as that of a range. A writer that adds to it (chunked encoding) is
    /// detected.
    /// </summary>
    public const int SizeHint = 1;

    private readonly Lock _gate = new();
    private readonly Queue<FileRange> _queue = new();
    private SafeFileHandle? _file;
    private long _offset;
    private int _count;
    private long _unsent;
    private int _queued;
    private bool _hasEnded;
    private bool _isWaitCanceled;
    private TaskCompletionSource? _waiter;

    /// <summary>The queue is empty. Any thread; the writer always sees its own ranges.</summary>
    public bool IsEmpty => Volatile.Read(ref _queued) == 0;

    /// <summary>Arms the queue for a range that is about to be appended.</summary>
    public bool IsArmed => _file is not null;

    /// <summary>The request for the armed range's memory has arrived: the next Advance belongs to it.</summary>
    public bool IsClaimed { get; private set; }

    /// <summary>Bytes of ranges since the last flush, without their placeholders.</summary>
    public long Unflushed { get; private set; }

    public void Arm(SafeFileHandle file, long offset, int count) => (_file, _offset, _count) = (file, offset, count);

    /// <summary>Returns whether a request for memory is that of the armed range.</summary>
    public bool TryClaim(int sizeHint) => IsClaimed = IsArmed && sizeHint == SizeHint;

    public void Disarm()
    {
        _file = null;
        IsClaimed = false;
    }

    /// <summary>Queues the armed range.</summary>
    /// <param name="bytes">The argument of Advance.</param>
    /// <param name="position">The number of bytes of the pipe before the range.</param>
    /// <exception cref="InvalidOperationException">Advance was called by other code.</exception>
    public void Append(int bytes, long position)
    {
        if (bytes != _count)
        {
            throw new InvalidOperationException($"Advance({bytes}) was called while a file range of {_count} bytes was being appended.");
        }

        FileRange range = new(_file!, _offset, _count, position);
        Disarm();
        lock (_gate)
        {
            if (_hasEnded)
            {
                range.Release();
                return;
            }

            _queue.Enqueue(range);
            _queued++;
            _unsent += range.Length;
            Unflushed += range.Length - 1;
        }
    }

    public void Flushed() => Unflushed = 0;

    /// <summary>Returns the first range, if it lies within the next <paramref name="length"/> bytes of the pipe. Send loop.</summary>
    public FileRange? Peek(long position, long length)
    {
        lock (_gate)
        {
            return _queue.TryPeek(out FileRange? range) && range.Position < position + length ? range : null;
        }
    }

    /// <summary>Removes the first range after it has been sent. Send loop.</summary>
    public void Dequeue()
    {
        FileRange range;
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            range = _queue.Dequeue();
            _queued--;
            _unsent -= range.Length;
            waiter = TakeWaiter();
        }

        range.Release();
        Wake(waiter);
    }

    /// <summary>Releases all files: nothing more is sent. Send loop.</summary>
    public void End()
    {
        FileRange[] rest;
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            _hasEnded = true;
            rest = [.. _queue];
            _queue.Clear();
            (_queued, _unsent) = (0, 0);
            waiter = TakeWaiter();
        }

        foreach (FileRange range in rest)
        {
            range.Release();
        }

        Wake(waiter);
    }

    /// <summary>Ends a wait early. Any thread.</summary>
    /// <returns>False if no flush waits.</returns>
    public bool CancelWait()
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            waiter = TakeWaiter();
            _isWaitCanceled = waiter is not null;
        }

        Wake(waiter);
        return waiter is not null;
    }

    public bool IsBelow(long pause) => Volatile.Read(ref _unsent) < pause;

    /// <summary>
    /// Waits until fewer than <paramref name="pause"/> bytes of ranges are unsent; if it has to wait, until at most half of that.
    /// </summary>
    /// <returns>False if the wait was cancelled by <see cref="CancelWait"/>.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async ValueTask<bool> WaitAsync(long pause, CancellationToken cancellationToken)
    {
        long limit = pause - 1;
        while (true)
        {
            TaskCompletionSource waiter;
            lock (_gate)
            {
                if (_isWaitCanceled)
                {
                    _isWaitCanceled = false;
                    return false;
                }

                if (_unsent <= limit)
                {
                    return true;
                }

                limit = pause / 2;
                waiter = _waiter = new TaskCompletionSource();
            }

            await waiter.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private TaskCompletionSource? TakeWaiter()
    {
        TaskCompletionSource? waiter = _waiter;
        _waiter = null;
        return waiter;
    }

    /// <summary>The continuation of a flush is application code, and runs where application code runs.</summary>
    private void Wake(TaskCompletionSource? waiter)
    {
        if (waiter is not null)
        {
            loop.Application.Schedule(static source => ((TaskCompletionSource)source!).TrySetResult(), waiter);
        }
    }
}
