using Microsoft.Win32.SafeHandles;
using Transport.Core.Loops;

namespace Transport.Core.Connections;

/// <summary>
/// The file ranges in a connection's output, beside the pipe that holds its bytes. Each stands for one placeholder byte of the pipe, which
/// keeps the order and wakes the send loop. Made for a connection's first range.
/// </summary>
/// <remarks>
/// The writer arms, appends and waits; the send loop takes from the front. The queue is under a lock; the arming is the writer's alone.
/// </remarks>
internal sealed class OutputRanges(EventLoop loop)
{
    /// <summary>The size hint that <see cref="OutputWriter"/> takes for the sign of a range. Whoever adds to it (chunked encoding) is seen.</summary>
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

    /// <summary>Nothing is queued. Any thread; the writer's own ranges are always seen.</summary>
    public bool IsEmpty => Volatile.Read(ref _queued) == 0;

    /// <summary>A range is about to be appended.</summary>
    public bool IsArmed => _file is not null;

    /// <summary>The armed range has come through as a request for memory: the next Advance is its own.</summary>
    public bool IsClaimed { get; private set; }

    /// <summary>Bytes of ranges since the last flush, but for their placeholders.</summary>
    public long Unflushed { get; private set; }

    public void Arm(SafeFileHandle file, long offset, int count) => (_file, _offset, _count) = (file, offset, count);

    /// <summary>Whether a request for memory is the armed range's.</summary>
    public bool TryClaim(int sizeHint) => IsClaimed = IsArmed && sizeHint == SizeHint;

    public void Disarm()
    {
        _file = null;
        IsClaimed = false;
    }

    /// <summary>Queues the armed range.</summary>
    /// <param name="bytes">What Advance was called with.</param>
    /// <param name="position">Bytes of the pipe before it.</param>
    /// <exception cref="InvalidOperationException">Somebody else's Advance.</exception>
    public void Append(int bytes, long position)
    {
        if (bytes != _count)
        {
            throw new InvalidOperationException($"Advance({bytes}) was called where a file range of {_count} bytes was to be appended.");
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

    /// <summary>The first range, if it lies within the next <paramref name="length"/> bytes of the pipe. Send loop.</summary>
    public FileRange? Peek(long position, long length)
    {
        lock (_gate)
        {
            return _queue.TryPeek(out FileRange? range) && range.Position < position + length ? range : null;
        }
    }

    /// <summary>The first range has been sent. Send loop.</summary>
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

    /// <summary>Nothing is sent any more: lets go of all files. Send loop.</summary>
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
    /// <returns>False where nobody waits.</returns>
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

    /// <summary>Waits until fewer bytes of ranges than <paramref name="pause"/> are unsent; once it has to wait, at most half of that.</summary>
    /// <returns>False when the wait was cancelled by <see cref="CancelWait"/>.</returns>
    /// <exception cref="OperationCanceledException">By <paramref name="cancellationToken"/>.</exception>
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

    /// <summary>What follows a flush is application code, and runs where that does.</summary>
    private void Wake(TaskCompletionSource? waiter)
    {
        if (waiter is not null)
        {
            loop.Application.Schedule(static source => ((TaskCompletionSource)source!).TrySetResult(), waiter);
        }
    }
}
