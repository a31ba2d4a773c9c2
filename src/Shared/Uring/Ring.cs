using static Shared.Uring.Interop.IoUring;

namespace Shared.Uring;

/// <summary>
/// An io_uring instance: two queues shared with the kernel, and io_uring_enter(2). Used by one thread at a time, and if it is bound to its
/// thread, only by the thread that created it.
/// </summary>
/// <remarks>
/// The kernel's behaviour and how this class handles it (Linux 5.19 and later; the best supported set of flags is found by trying):
/// <list type="bullet">
/// <item>a) An operation owns its memory until its completion has been read. Pins and buffers are released only then.</item>
/// <item>b) An operation holds a reference to the socket: close(2) neither ends it nor sends FIN or RST meanwhile. Operations are therefore
/// cancelled and completed before the close.</item>
/// <item>c) A cancellation finds only an operation that waits. If the operation has just been found ready and is about to be retried, the
/// cancellation returns ENOENT, and the operation may wait forever. It is therefore cancelled again until it has completed.</item>
/// <item>d) Completions run as task work of the submitting thread. SINGLE_ISSUER and DEFER_TASKRUN (6.1) defer it until the loop waits,
/// which saves interrupts and binds the ring to the thread. COOP_TASKRUN (5.19) is the fallback, and for a ring that several threads submit
/// to: a completion wakes the submitting thread, but does not interrupt it while it computes. It then runs when that thread enters the
/// kernel, at the latest in the next timer tick (1 to 10 ms).</item>
/// <item>e) If the completion queue is full, the kernel keeps further completions in a list (NODROP), which the next wait flushes. It may
/// return EBUSY until the queue has been read.</item>
/// <item>f) An operation whose flags forbid waiting (O_NONBLOCK, MSG_DONTWAIT) completes with −EAGAIN. Connections are blocking sockets, so
/// their operations wait inside the ring.</item>
/// <item>g) A receive needs its memory before data arrives, unless the kernel takes a buffer from a buffer ring (5.19). If none is left the
/// receive completes with −ENOBUFS; another one follows, into the pipe's memory.</item>
/// <item>h) A send completes within the submission if the socket buffer has room. Its completion ends the wait of the same call. In an
/// iteration with few completions responses are therefore sent by send(2).</item>
/// <item>i) A multishot receive (6.0) does not test the socket again after it has taken data: an RST that arrived together with the data
/// wakes nothing. A poll for the peer's end is in flight beside it.</item>
/// <item>j) A zero-copy send (6.0, several pieces 6.1, reports of copies 6.2) completes twice, and owns its memory until the second
/// time. That is after the client has acknowledged, or connect(AF_UNSPEC).</item>
/// <item>k) Container runtimes forbid io_uring by default (seccomp: EPERM or ENOSYS), and so may the sysctl kernel.io_uring_disabled
/// (6.6).</item>
/// </list>
/// </remarks>
internal sealed unsafe class Ring : IDisposable
{
    private const uint NeededFeatures =
        IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE | IORING_FEAT_FAST_POLL | IORING_FEAT_EXT_ARG;

    /// <summary>Sets of flags in descending order of preference. EINVAL means that the kernel does not support one.</summary>
    private static readonly uint[] s_flags =
    [
        IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | NoSubmissionArray,
        IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
        IORING_SETUP_COOP_TASKRUN,
    ];

    /// <summary>The same if a kernel thread submits: completions cannot be deferred then.</summary>
    private static readonly uint[] s_sqPollFlags =
    [
        IORING_SETUP_SQPOLL | IORING_SETUP_SINGLE_ISSUER | NoSubmissionArray,
        IORING_SETUP_SQPOLL | IORING_SETUP_SINGLE_ISSUER,
        IORING_SETUP_SQPOLL,
    ];

    /// <summary>The same for a ring that is not bound to a thread.</summary>
    private static readonly uint[] s_unboundFlags = [IORING_SETUP_COOP_TASKRUN | NoSubmissionArray, IORING_SETUP_COOP_TASKRUN, 0];

    private readonly nuint _ringLength;
    private readonly nuint _sqesLength;
    private int _descriptor;
    private byte* _ring;
    private byte* _sqes;

    /// <param name="submissions">Entries of the submission queue.</param>
    /// <param name="completions">Entries of the completion queue.</param>
    /// <param name="isThreadBound">Whether only the calling thread will use the ring.</param>
    /// <param name="sqPoll">Whether a kernel thread takes operations from the submission queue.</param>
    /// <exception cref="IOException">The kernel refused; the message starts with the call.</exception>
    public Ring(int submissions, int completions, bool isThreadBound = true, bool sqPoll = false)
    {
        io_uring_params parameters = default;
        SysResult created = default;
        foreach (uint flags in sqPoll ? s_sqPollFlags : isThreadBound ? s_flags : s_unboundFlags)
        {
            parameters = new io_uring_params
            {
                flags = flags | IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL,
                cq_entries = (uint)completions,
            };
            created = SysResult.From(io_uring_setup(SYS_io_uring_setup, (uint)submissions, &parameters));
            if (created.Errno != Errno.EINVAL)
            {
                break;
            }
        }

        _descriptor = (int)created.ThrowIfError("io_uring_setup");
        if ((parameters.features & NeededFeatures) != NeededFeatures)
        {
            Dispose();
            throw new IOException($"io_uring_setup: the kernel lacks features "
                + $"(has 0x{parameters.features:x}, needed 0x{NeededFeatures:x}).");
        }

        _ringLength = Math.Max(
            parameters.sq_off.array + (parameters.sq_entries * sizeof(uint)),
            parameters.cq_off.cqes + (parameters.cq_entries * (uint)sizeof(io_uring_cqe)));
        _sqesLength = parameters.sq_entries * (uint)sizeof(io_uring_sqe);
        try
        {
            // SAFETY: mapped until Dispose; the queues are not used after it.
            _ring = Map(_descriptor, _ringLength, IORING_OFF_SQ_RING);
            _sqes = Map(_descriptor, _sqesLength, IORING_OFF_SQES);
        }
        catch
        {
            Dispose();
            throw;
        }

        Flags = parameters.flags;
        Submissions = new SubmissionQueue(_ring, (io_uring_sqe*)_sqes, in parameters);
        Completions = new CompletionQueue(_ring, in parameters);
    }

    /// <summary>The IORING_SETUP_* flags that the kernel accepted.</summary>
    public uint Flags { get; }

    /// <summary>The memory of both queues in bytes.</summary>
    public nuint Length => _ringLength + _sqesLength;

    public SubmissionQueue Submissions { get; }

    public CompletionQueue Completions { get; }

    /// <summary>
    /// Submits added operations, and waits for a completion if requested, with one io_uring_enter(2). −EINTR and −ETIME are success.
    /// −EAGAIN, −ENOMEM and −EBUSY mean that the kernel accepts no operation at the moment.
    /// </summary>
    /// <param name="timeoutMilliseconds">−1: no time-out; 0: does not wait.</param>
    public SysResult Enter(int timeoutMilliseconds)
    {
        uint toSubmit = Submissions.Publish();
        bool waits = timeoutMilliseconds != 0 && !Submissions.HasWaiting && Completions.Count == 0;
        uint flags = IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG;
        if ((Flags & IORING_SETUP_SQPOLL) != 0)
        {
            flags |= (Submissions.NeedsWakeUp ? IORING_ENTER_SQ_WAKEUP : 0) | (Submissions.HasWaiting ? IORING_ENTER_SQ_WAIT : 0);
        }

        timespec timeout = timespec.FromMilliseconds(Math.Max(timeoutMilliseconds, 0));

        // SAFETY: both structs are on the stack during the call.
        io_uring_getevents_arg argument = new() { ts = timeoutMilliseconds > 0 ? &timeout : null };
        SysResult entered = SysResult.From(io_uring_enter(
            SYS_io_uring_enter,
            _descriptor,
            (nint)toSubmit,
            waits ? 1 : 0,
            (nint)flags,
            &argument,
            sizeof(io_uring_getevents_arg)));
        return entered.Errno is Errno.EINTR or Errno.ETIME ? new SysResult(0) : entered;
    }

    /// <summary>Has the kernel add completions that it keeps to the completion queue. Submits nothing, and does not wait.</summary>
    public SysResult FlushOverflow() =>
        SysResult.From(io_uring_enter(SYS_io_uring_enter, _descriptor, 0, 0, (nint)IORING_ENTER_GETEVENTS, null, 0));

    /// <summary>Makes waits poll the queues of network devices first.</summary>
    public SysResult BusyPoll(int microseconds)
    {
        NapiSettings settings = new() { BusyPollTimeout = (uint)microseconds, PrefersBusyPoll = 1 };
        return Register(RegisterNapi, &settings, 1);
    }

    /// <summary>io_uring_register(2).</summary>
    public SysResult Register(uint opcode, void* argument, int count) =>
        SysResult.From(io_uring_register(SYS_io_uring_register, _descriptor, (nint)opcode, argument, count));

    /// <summary>Signals an eventfd when a completion is available.</summary>
    public SysResult RegisterEventFd(int descriptor) => Register(IORING_REGISTER_EVENTFD, &descriptor, 1);

    /// <summary>Limits the kernel threads that run operations on files which have to wait (5.15). The default is 4 per processor.</summary>
    public SysResult LimitFileWorkers(int count)
    {
        uint* limits = stackalloc uint[] { (uint)count, 0 }; // bounded and unbounded work; 0: unchanged
        return Register(IORING_REGISTER_IOWQ_MAX_WORKERS, limits, 2);
    }

    /// <summary>Closes the ring. The kernel cancels operations in flight asynchronously.</summary>
    public void Dispose()
    {
        if (_descriptor < 0)
        {
            return;
        }

        Unmap(ref _ring, _ringLength);
        Unmap(ref _sqes, _sqesLength);
        Unistd.Close(_descriptor);
        _descriptor = -1;
    }

    /// <summary>Maps memory shared with the kernel, or anonymous memory if <paramref name="descriptor"/> is −1.</summary>
    /// <exception cref="IOException">The mapping failed.</exception>
    public static byte* Map(int descriptor, nuint length, ulong offset)
    {
        int flags = descriptor < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED | MAP_POPULATE;
        byte* address = mmap(null, length, PROT_READ | PROT_WRITE, flags, descriptor, (nint)offset);
        if ((nint)address == -1)
        {
            SysResult.From(-1).ThrowIfError("mmap");
        }

        return address;
    }

    public static void Unmap(ref byte* address, nuint length)
    {
        if (address is not null)
        {
            _ = munmap(address, length);
            address = null;
        }
    }
}
