using static Shared.Uring.Interop.IoUring;

namespace Shared.Uring;

/// <summary>The completion queue of a ring. Loop thread.</summary>
internal sealed unsafe class CompletionQueue
{
    private readonly uint* _head;
    private readonly uint* _tail;
    private readonly uint _mask;
    private readonly io_uring_cqe* _cqes;

    /// <param name="ring">The mapping that holds the queue.</param>
    /// <param name="parameters">The parameters that the kernel returned.</param>
    public CompletionQueue(byte* ring, in io_uring_params parameters)
    {
        // SAFETY: the Ring owns the mapping, which outlives the queue.
        _head = (uint*)(ring + parameters.cq_off.head);
        _tail = (uint*)(ring + parameters.cq_off.tail);
        _mask = *(uint*)(ring + parameters.cq_off.ring_mask);
        _cqes = (io_uring_cqe*)(ring + parameters.cq_off.cqes);
    }

    /// <summary>The current number of completions. Later ones are for the next iteration.</summary>
    public uint Count => Volatile.Read(ref *_tail) - *_head;

    /// <summary>Removes and returns the next completion; there must be one.</summary>
    public io_uring_cqe Take()
    {
        uint head = *_head;
        io_uring_cqe cqe = _cqes[head & _mask];

        // The entry is read before the kernel may reuse it.
        Volatile.Write(ref *_head, head + 1);
        return cqe;
    }
}
