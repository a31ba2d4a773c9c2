using System.Diagnostics;
using FileAio.Interop;
using Shared.Uring;
using static Shared.Uring.Interop.IoUring;

namespace FileAio.Engines.Uring;

/// <summary>
/// An io_uring for operations on files. It has no thread: an engine decides which thread submits and reaps. Operations may be added and
/// cancelled on any thread; all other members are for the thread that currently owns the ring.
/// </summary>
/// <remarks>
/// <para>a. A submission does not wait for data from the disk. The kernel tries each operation without waiting. Direct reads, and buffered
/// reads of most filesystems, then wait without a thread; what cannot, such as an open, runs on a thread of the kernel (io-wq).
/// Only the read-ahead of a buffered read is started by the submission, and may wait there while the device's queue is full.</para>
/// <para>b. Kernel threads, and the completion of reads that wait without one, belong to the submitting thread. When that thread ends, the
/// kernel cancels its operations: a cancellation that was not requested is therefore submitted again. But what a kernel thread begins
/// while the submitting thread ends is not interrupted, no cancellation finds it, and the ending thread waits for it (Linux 6.18). So a
/// thread calls <see cref="CancelAll"/> and <see cref="Submit"/> before it ends, unless its operations have begun long before: no more
/// opens are in flight than there are kernel threads.</para>
/// <para>c. A read in flight owns its buffer, and an open its path, until the completion was reaped. A cancellation is a request: what a
/// device has started completes normally.</para>
/// <para>d. A read completes with −EAGAIN where neither the file nor its flags (O_NONBLOCK) allow to wait. It is submitted again for a
/// kernel thread (IOSQE_ASYNC), which may wait.</para>
/// <para>e. If the completion queue is full, the kernel keeps completions until the next io_uring_enter (NODROP).</para>
/// <para>f. An open on a network filesystem whose server does not respond holds its slot, even if it is cancelled. See
/// <see cref="WaitingOperations"/>.</para>
/// </remarks>
internal sealed class FileRing : IKernelQueue
{
    private const int MaxEntries = 32768; // IORING_MAX_ENTRIES

    // RESOLVE_BENEATH returns EAGAIN if a directory is renamed during the walk, and a lease does too. The limit of FileRoot.
    private const int MaxTries = 8;

    // ERESTARTSYS to ERESTART_RESTARTBLOCK, which system calls never return: an open that was interrupted because its thread ends completes
    // with one of them (seen on Linux 6.18).
    private const int RestartFirst = 512, RestartLast = 516;

    private const ulong CancellationBit = 1UL << 63;

    private readonly Ring _ring;
    private readonly Slot[] _slots;
    private readonly Stack<int> _free;
    private readonly WaitingOperations _waiting;
    private readonly Queue<ulong> _cancellations = new();

    // What was written to the submission queue, in order: the slot, or −1 for a cancellation. The kernel consumes in the same order.
    private readonly Queue<int> _unconfirmed = new();
    private bool _ending;

    /// <param name="requests">The maximum number of operations in flight.</param>
    /// <param name="maxWaiting">The maximum number of opens, and of other operations, that wait for a slot.</param>
    /// <param name="workers">The maximum number of kernel threads.</param>
    /// <param name="eventFd">The eventfd that completions signal.</param>
    /// <param name="entries">Entries of the submission queue; 0 for one for each operation.</param>
    /// <exception cref="IOException">The kernel refused; the message starts with the call.</exception>
    public FileRing(int requests, int maxWaiting, int workers, int eventFd, int entries = 0)
    {
        entries = Math.Min(entries == 0 ? requests : entries, MaxEntries);
        _ring = new Ring(entries, entries * 2, isThreadBound: false);
        try
        {
            _ring.RegisterEventFd(eventFd).ThrowIfError("io_uring_register(EVENTFD)");
            _ = _ring.LimitFileWorkers(workers); // before 5.15 the kernel's own limit applies
        }
        catch
        {
            _ring.Dispose();
            throw;
        }

        _waiting = new WaitingOperations(Math.Max(Math.Min(requests / 2, workers), 1), maxWaiting);
        _slots = new Slot[requests];
        _free = new Stack<int>(Enumerable.Range(0, requests));
    }

    /// <summary>Protects the operations, and the state of the engine.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The maximum number of operations in flight.</summary>
    public int Requests => _slots.Length;

    /// <summary>io_uring_enter has failed permanently: no operation is accepted. Requires <see cref="Gate"/>.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Whether no operation waits or is in flight. Requires <see cref="Gate"/>.</summary>
    public bool IsIdle => _free.Count == _slots.Length && _waiting.Count == 0;

    /// <summary>Whether <see cref="Submit"/> has something to do. Requires <see cref="Gate"/>.</summary>
    public bool CanSubmit => !IsLost
        && ((_waiting.CanTake && _free.Count > 0) || _cancellations.Count > 0 || _ring.Submissions.Unsubmitted > 0);

    /// <summary>Whether completions are available. Read from shared memory, without a system call.</summary>
    public bool HasCompletions => _ring.Completions.Count > 0 || HasOverflow;

    /// <summary>Whether the kernel holds completions that did not fit in the completion queue.</summary>
    public bool HasOverflow => _ring.Submissions.HasOverflow;

    /// <summary>
    /// Queues an operation for <see cref="Submit"/>. Returns false if too many wait. Requires <see cref="Gate"/>, and a ring that is not
    /// lost.
    /// </summary>
    public bool TryAdd(IRingOperation operation) => _waiting.TryAppend(operation);

    /// <summary>
    /// Cancels an operation. Returns true if it was not submitted; the caller then completes it. Otherwise the next
    /// <see cref="Submit"/> requests the cancellation. Requires <see cref="Gate"/>.
    /// </summary>
    public bool TryWithdraw(IRingOperation operation)
    {
        if (_waiting.TryRemove(operation))
        {
            return true;
        }

        int slot = operation.Slot; // read once: it may be that of another ring, which changes it under its own gate
        if ((uint)slot < (uint)_slots.Length && ReferenceEquals(_slots[slot].Operation, operation))
        {
            Cancel(slot);
        }

        return false;
    }

    /// <summary>
    /// Cancels all operations, for an engine that ends. Returns those that were not submitted; the caller completes them. The next
    /// <see cref="Submit"/> requests the cancellations. Requires <see cref="Gate"/>.
    /// </summary>
    public List<IRingOperation> CancelAll()
    {
        _ending = true;
        for (int slot = 0; slot < _slots.Length; slot++)
        {
            if (_slots[slot].Operation is not null)
            {
                Cancel(slot);
            }
        }

        return _waiting.TakeAll();
    }

    /// <summary>Submits waiting operations as far as there is room; completions make more. Does not wait.</summary>
    /// <param name="refuse">Called for each operation that the kernel will never run, if io_uring_enter fails permanently.</param>
    /// <returns>False if the kernel accepts no operation at the moment; the caller retries shortly.</returns>
    public bool Submit(Action<IRingOperation, SysResult> refuse)
    {
        lock (Gate)
        {
            if (IsLost)
            {
                return true;
            }

            while (_free.Count > 0 && _waiting.TryTake(out IRingOperation? operation))
            {
                int slot = _free.Pop();
                operation.Slot = slot;
                _slots[slot].Operation = operation;
                (_slots[slot].Tries, _slots[slot].IsCanceled) = (0, false);
                Write(slot);
            }

            while (_cancellations.TryDequeue(out ulong target))
            {
                io_uring_sqe cancel = FileSqe.Cancel(target);
                cancel.user_data = target | CancellationBit;
                _ring.Submissions.Add(in cancel);
                _unconfirmed.Enqueue(-1);
            }
        }

        return _ring.Submissions.Unsubmitted == 0 || Enter(refuse);
    }

    /// <summary>Reaps completions.</summary>
    /// <param name="most">The maximum number of completions.</param>
    /// <param name="deliver">Called for each operation that has completed.</param>
    /// <returns>The number of completions, including those of single system calls and of cancellations.</returns>
    public int Reap(int most, Action<IRingOperation, SysResult> deliver)
    {
        int reaped = 0;
        while (reaped < most)
        {
            if (_ring.Completions.Count == 0 && (!HasOverflow || _ring.FlushOverflow().IsError || _ring.Completions.Count == 0))
            {
                break;
            }

            reaped++;
            io_uring_cqe completion = _ring.Completions.Take();
            if ((completion.user_data & CancellationBit) == 0 && TryEnd(completion, out IRingOperation? operation, out SysResult result))
            {
                deliver(operation!, result);
            }
        }

        return reaped;
    }

    /// <summary>Closes the ring. No operation waits or is in flight, and no thread uses it any more.</summary>
    public void Dispose()
    {
        Debug.Assert(_free.Count == _slots.Length, "a ring is closed that has operations in flight");
        _ring.Dispose();
    }

    private ulong UserData(int slot) => ((ulong)(_slots[slot].Generation & int.MaxValue) << 32) | (uint)slot;

    private void Cancel(int slot)
    {
        _slots[slot].IsCanceled = true;
        _cancellations.Enqueue(UserData(slot));
    }

    private void Write(int slot)
    {
        _slots[slot].Generation++;
        io_uring_sqe sqe = _slots[slot].Operation!.Prepare();
        sqe.user_data = UserData(slot);
        if (_slots[slot].Tries > 0)
        {
            sqe.flags |= 1 << IOSQE_ASYNC_BIT;
        }

        _ring.Submissions.Add(in sqe);
        _unconfirmed.Enqueue(slot);
    }

    /// <summary>
    /// Returns false if the operation continues with another system call, or with the same one again, or has ended before.
    /// </summary>
    private bool TryEnd(io_uring_cqe completion, out IRingOperation? operation, out SysResult result)
    {
        int slot = (int)(uint)completion.user_data;
        result = new SysResult(completion.res);
        lock (Gate)
        {
            operation = _slots[slot].Operation;
            if (operation is null || UserData(slot) != completion.user_data)
            {
                return false;
            }

            bool isTransient = result.Errno is Errno.EINTR or Errno.EAGAIN or Errno.ECANCELED or (>= RestartFirst and <= RestartLast);
            bool isCanceled = _slots[slot].IsCanceled || _ending;
            bool mayContinue = !isCanceled && !IsLost;
            if (isTransient && mayContinue && _slots[slot].Tries < MaxTries)
            {
                _slots[slot].Tries++;
                Write(slot);
                return false;
            }

            // After EAGAIN and ENOMEM another engine reads: not if the read was cancelled.
            if (isCanceled && (isTransient || result.Errno == Errno.ENOMEM))
            {
                result = SysResult.Error(Errno.ECANCELED);
            }
            else if (isTransient)
            {
                result = SysResult.Error(Errno.EAGAIN);
            }

            if (operation.Continue(result) && mayContinue)
            {
                _slots[slot].Tries = 0;
                Write(slot);
                return false;
            }

            Release(slot);
            return true;
        }
    }

    private void Release(int slot)
    {
        IRingOperation operation = _slots[slot].Operation!;
        operation.Slot = -1;
        _waiting.Ended(operation);
        _slots[slot].Operation = null;
        _free.Push(slot);
    }

    private bool Enter(Action<IRingOperation, SysResult> refuse)
    {
        SysResult entered;
        int before;
        do
        {
            before = _ring.Submissions.Unsubmitted;
            entered = _ring.Enter(0);
        }
        while (!entered.IsError && _ring.Submissions.Unsubmitted is > 0 and int left && left < before);

        lock (Gate)
        {
            while (_unconfirmed.Count > _ring.Submissions.Unsubmitted)
            {
                _unconfirmed.Dequeue();
            }
        }

        if (entered.IsError && entered.Errno is not (Errno.EAGAIN or Errno.ENOMEM or Errno.EBUSY))
        {
            Lose(entered, refuse);
            return true;
        }

        return _ring.Submissions.Unsubmitted == 0;
    }

    /// <summary>
    /// Refuses what the kernel has not accepted and never will. It is still in the submission queue: nothing may be submitted afterwards.
    /// What the kernel has accepted completes without a submission.
    /// </summary>
    private void Lose(SysResult reason, Action<IRingOperation, SysResult> refuse)
    {
        List<IRingOperation> refused;
        lock (Gate)
        {
            IsLost = true;
            _cancellations.Clear();
            refused = _waiting.TakeAll();
            while (_unconfirmed.TryDequeue(out int slot))
            {
                if (slot >= 0)
                {
                    refused.Add(_slots[slot].Operation!);
                    Release(slot);
                }
            }
        }

        foreach (IRingOperation operation in refused)
        {
            refuse(operation, reason);
        }
    }

    private struct Slot
    {
        public IRingOperation? Operation;
        public int Generation;
        public int Tries;
        public bool IsCanceled;
    }
}
