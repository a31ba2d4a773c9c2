using static Shared.Uring.Interop.IoUring;

namespace FileAio.Engines.Uring;

/// <summary>An operation on a <see cref="FileRing"/>: a read, or an open that consists of two system calls.</summary>
internal interface IRingOperation
{
    /// <summary>The slot in the ring, set by the ring; −1 if the operation is not in flight.</summary>
    int Slot { get; set; }

    /// <summary>Whether it opens a file. That may wait for a server of a network filesystem.</summary>
    bool IsOpen { get; }

    /// <summary>The operation in the queue of a ring. The same object always, with the operation as its value.</summary>
    LinkedListNode<IRingOperation> Node { get; }

    /// <summary>Returns the system call that is to be submitted next, without user_data.</summary>
    io_uring_sqe Prepare();

    /// <summary>Handles the result of the last system call. Returns true if another one follows.</summary>
    bool Continue(SysResult result);
}
