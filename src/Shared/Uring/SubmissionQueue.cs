using static Shared.Uring.Interop.IoUring;

namespace Shared.Uring;

/// <summary>
/// The operations that the next io_uring_enter(2) submits. If the ring is full they wait in a list, so adding never fails and never makes a
/// system call. Loop thread.
/// </summary>
internal sealed unsafe class SubmissionQueue
{
    private readonly uint* _head;
    private readonly uint* _tail;
    private readonly uint* _flags;
    private readonly uint _mask;
    private readonly uint _entries;
    private readonly io_uring_sqe* _sqes;
    private readonly Queue<io_uring_sqe> _waiting = new();
    private uint _next;

    /// <param name="ring">The mapping that holds the queue.</param>
    /// <param name="sqes">The mapping of the entries.</param>
    /// <param name="parameters">The parameters that the kernel returned.</param>
    public SubmissionQueue(byte* ring, io_uring_sqe* sqes, in io_uring_params parameters)
    {
        // SAFETY: the Ring owns the mappings, which outlive the queue.
        _head = (uint*)(ring + parameters.sq_off.head);
        _tail = (uint*)(ring + parameters.sq_off.tail);
        _flags = (uint*)(ring + parameters.sq_off.flags);
        _mask = *(uint*)(ring + parameters.sq_off.ring_mask);
        _entries = *(uint*)(ring + parameters.sq_off.ring_entries);
        _sqes = sqes;
        if ((parameters.flags & NoSubmissionArray) == 0)
        {
            // Entries are used in order, so the array of indices is written once.
            uint* array = (uint*)(ring + parameters.sq_off.array);
            for (uint i = 0; i < _entries; i++)
            {
                array[i] = i;
            }
        }
    }

    /// <summary>Whether operations wait that did not fit in the ring.</summary>
    public bool HasWaiting => _waiting.Count > 0;

    /// <summary>The number of added operations that the kernel has not consumed.</summary>
    public int Unsubmitted => (int)(_next - Volatile.Read(ref *_head)) + _waiting.Count;

    /// <summary>Whether the kernel thread that takes operations (SQPOLL) sleeps.</summary>
    public bool NeedsWakeUp
    {
        get
        {
            // The tail is written before the flag is read: the thread sets the flag before it reads the tail for the last time.
            Interlocked.MemoryBarrier();
            return (Volatile.Read(ref *_flags) & IORING_SQ_NEED_WAKEUP) != 0;
        }
    }

    /// <summary>Whether the kernel holds completions that did not fit in the completion queue.</summary>
    public bool HasOverflow => (Volatile.Read(ref *_flags) & IORING_SQ_CQ_OVERFLOW) != 0;

    public void Add(in io_uring_sqe sqe)
    {
        if (_waiting.Count > 0 || !TryWrite(in sqe))
        {
            _waiting.Enqueue(sqe);
        }
    }

    /// <summary>Publishes added operations to the kernel.</summary>
    /// <returns>The number of operations that the kernel has not consumed yet.</returns>
    public uint Publish()
    {
        while (_waiting.TryPeek(out io_uring_sqe sqe) && TryWrite(in sqe))
        {
            _waiting.Dequeue();
        }

        // The entries are written before the kernel sees the tail.
        Volatile.Write(ref *_tail, _next);
        return _next - Volatile.Read(ref *_head);
    }

    private bool TryWrite(in io_uring_sqe sqe)
    {
        if (_next - Volatile.Read(ref *_head) == _entries)
        {
            return false;
        }

        _sqes[_next++ & _mask] = sqe;
        return true;
    }
}
