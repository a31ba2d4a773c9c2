using static Transport.Uring.Interop.IoUring;

namespace Transport.Uring;

/// <summary>What the kernel has completed. Loop thread.</summary>
internal sealed unsafe class CompletionQueue
{
    private readonly uint* _head;
    private readonly uint* _tail;
    private readonly uint _mask;
    private readonly io_uring_cqe* _cqes;

    /// <param name="ring">The mapping that holds the queue.</param>
    /// <param name="parameters">What the kernel said of it.</param>
    public CompletionQueue(byte* ring, in io_uring_params parameters)
    {
        // SAFETY: the mapping outlives the queue; it is the Ring's.
        _head = (uint*)(ring + parameters.cq_off.head);
        _tail = (uint*)(ring + parameters.cq_off.tail);
        _mask = *(uint*)(ring + parameters.cq_off.ring_mask);
        _cqes = (io_uring_cqe*)(ring + parameters.cq_off.cqes);
    }

    /// <summary>How many there are now. Those that come later are for the next iteration.</summary>
    public uint Count => Volatile.Read(ref *_tail) - *_head;

    /// <summary>Takes the next one; there must be one.</summary>
    public io_uring_cqe Take()
    {
        uint head = *_head;
        io_uring_cqe cqe = _cqes[head & _mask];

        // The entry is read before the kernel may use it again.
        Volatile.Write(ref *_head, head + 1);
        return cqe;
    }
}
