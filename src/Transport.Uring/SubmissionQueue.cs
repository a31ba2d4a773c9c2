using static Transport.Uring.Interop.IoUring;

namespace Transport.Uring;

/// <summary>
/// The operations that the next io_uring_enter(2) hands over. One that finds the ring full waits in a list, so adding never fails and never
/// enters the kernel. Loop thread.
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
    /// <param name="parameters">What the kernel said of both.</param>
    public SubmissionQueue(byte* ring, io_uring_sqe* sqes, in io_uring_params parameters)
    {
        // SAFETY: the mappings outlive the queue; both are the Ring's.
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

    /// <summary>Operations that found the ring full.</summary>
    public bool HasWaiting => _waiting.Count > 0;

    /// <summary>Completions that found their queue full are in a list of the kernel's, and come when there is room.</summary>
    public bool HasOverflow => (Volatile.Read(ref *_flags) & IORING_SQ_CQ_OVERFLOW) != 0;

    public void Add(in io_uring_sqe sqe)
    {
        if (_waiting.Count > 0 || !TryWrite(in sqe))
        {
            _waiting.Enqueue(sqe);
        }
    }

    /// <summary>Shows the kernel what has been added.</summary>
    /// <returns>How many operations it has not taken yet.</returns>
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
