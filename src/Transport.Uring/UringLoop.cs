using System.Diagnostics;
using System.Runtime.InteropServices;
using Transport.Core.Interop;
using Transport.Core.Loops;
using Transport.Core.Loops.Sockets;
using Transport.Core.Loops.Waiting;
using Transport.Core.Readiness;
using Transport.Uring.Diagnostics;
using Transport.Uring.Interop;
using Transport.Uring.Rings;
using static Shared.Uring.Interop.IoUring;

namespace Transport.Uring;

/// <summary>
/// The event loop on io_uring(7). Sockets add operations; each iteration submits them and waits with one io_uring_enter(2), and dispatches
/// completions to their sockets. The ring belongs to the thread that created it, so the loop cannot move to another.
/// </summary>
internal sealed unsafe class UringLoop(LoopSetup setup, UringTransportOptions options, UringCounters counters) : EventLoop(setup)
{
    /// <summary>The pause when the kernel accepts no operation and completes none: the machine is short of memory.</summary>
    private const int ShortageMilliseconds = 1;

    /// <summary>
    /// The number of completions below which an iteration sends responses by send(2). The completion of a send in the ring would end the
    /// following wait, and cost a second io_uring_enter. An estimate, between one busy connection and about 20, which a wait returns with
    /// 64 of them.
    /// </summary>
    private const uint FewCompletions = 8;

    private static readonly OperationKind[] s_socketOperations = [OperationKind.Incoming, OperationKind.Outgoing, OperationKind.HangUp];

    private readonly SocketTable _sockets = new();
    private readonly Stack<SendVector> _vectors = new();
    private List<UringConnection> _deferred = [];
    private List<UringConnection> _continuing = [];
    private uint _completed;
    private SendBudget _answers;
    private SendBudget _leftovers;
    private Ring? _ring;
    private BufferRing? _buffers;
    private HeldBuffers? _held;

    /// <summary>Receives the eventfd's counter. Native memory, since the read is in flight for the lifetime of the loop.</summary>
    private ulong* _wakeCount;
    private bool _isWakeInFlight;
    private bool _isEnding;

    public UringCounters Uring => counters;

    public BufferRing Buffers => _buffers!;

    /// <summary>The buffers that multishot receives have filled.</summary>
    public HeldBuffers Held => _held!;

    /// <summary>How connections receive.</summary>
    public UringReceive Receive { get; private set; } = options.Receive;

    /// <summary>The number of bytes from which a send is a zero-copy one; null for none.</summary>
    public int? ZeroCopyThreshold { get; private set; } = options.ZeroCopySend ? options.ZeroCopySendThreshold : null;

    /// <summary>Whether a connection goes on with zero-copy sends after the kernel has copied one.</summary>
    public bool IgnoresCopies { get; } = options.IgnoresCopies;

    /// <summary>io_uring_enter fails permanently: operations in flight will not be reported.</summary>
    public bool IsLost { get; private set; }

    /// <summary>The maximum that a receive requests from its pipe.</summary>
    public int MaximumBuffer { get; } = ReceiveBuffer.MaximumOf(setup.Options);

    public override LoopListener AttachListener(int descriptor, bool isShared)
    {
        AssertCurrent();
        return new UringListener(this, descriptor);
    }

    public override LoopConnection AttachConnection(int descriptor)
    {
        AssertCurrent();
        return new UringConnection(this, descriptor);
    }

    /// <returns>The value that identifies the socket's operations.</returns>
    public UserData Add(IUringSocket socket) => _sockets.Add(socket);

    /// <summary>Removes a closed socket with no operation in flight.</summary>
    public void Remove(UserData id) => _sockets.Remove(id);

    /// <summary>Adds an operation, which the next iteration submits.</summary>
    public void Submit(in io_uring_sqe sqe)
    {
        AssertCurrent();
        counters.Submissions++;
        _ring!.Submissions.Add(in sqe);
    }

    /// <summary>Cancels an operation in flight, until it has completed: with −ECANCELED, or normally.</summary>
    public void Cancel(UserData target) => Submit(Sqe.Cancel(target.Pack(), (target with { IsCancellation = true }).Pack()));

    /// <summary>Whether the iteration has few completions: a send(2) call is then cheaper than an operation.</summary>
    public bool SendsAtOnce => _completed < FewCompletions;

    /// <summary>The budget of an iteration for new output.</summary>
    public ref SendBudget Answers => ref _answers;

    /// <summary>The budget for output that earlier iterations have left.</summary>
    public ref SendBudget Leftovers => ref _leftovers;

    /// <summary>Queues a connection that has used up its budget: it sends in the next iteration.</summary>
    public void ContinueNextIteration(UringConnection connection) => _deferred.Add(connection);

    /// <summary>Receives by single operations from now on, because the kernel has refused a multishot one.</summary>
    public void DisableMultishot(int result)
    {
        bool isRequested = Receive == UringReceive.MultishotIntoRing;
        Receive = UringReceive.SingleIntoRing;
        if (isRequested)
        {
            string reason = new SysResult(result).ToException("IORING_OP_RECV").Message;
            UringLog.FeatureRefused(Logger, Name, "multishot receives", reason, "single receives");
        }
    }

    /// <summary>Copies what it sends from now on, because the kernel has refused a zero-copy send.</summary>
    public void DisableZeroCopy(int result)
    {
        if (ZeroCopyThreshold is not null)
        {
            ZeroCopyThreshold = null;
            string reason = new SysResult(result).ToException("IORING_OP_SEND_ZC").Message;
            UringLog.FeatureRefused(Logger, Name, "zero-copy sends", reason, "copies");
        }
    }

    public SendVector RentVector() => _vectors.TryPop(out SendVector? vector) ? vector : new SendVector();

    public void ReturnVector(SendVector vector) => _vectors.Push(vector);

    protected override void Start()
    {
        RingSize size = RingSize.Of(options);
        _ring = new Ring(size.Submissions, size.Completions, sqPoll: size.SqPoll);
        _buffers = new BufferRing(_ring, size.Buffers, size.BufferSize);
        _held = new HeldBuffers(_buffers);
        if (options.NapiBusyPollMicroseconds > 0)
        {
            SysResult registered = _ring.BusyPoll(options.NapiBusyPollMicroseconds);
            if (registered.IsError)
            {
                string reason = registered.ToException("io_uring_register(NAPI)").Message;
                UringLog.FeatureRefused(Logger, Name, "busy polling of network devices", reason, "interrupts");
            }
        }

        _wakeCount = (ulong*)NativeMemory.AllocZeroed(sizeof(ulong));
        WaitForWake();
    }

    protected override void Wait(int timeoutMilliseconds)
    {
        _answers = default;
        _leftovers = default;
        (_deferred, _continuing) = (_continuing, _deferred);
        Enter(_continuing.Count > 0 ? 0 : timeoutMilliseconds);
        Complete();

        // After the wait: a send that ends makes others runnable, for which the loop must not sleep.
        foreach (UringConnection connection in _continuing)
        {
            connection.ContinueSend();
        }

        _continuing.Clear();
    }

    protected override void End()
    {
        _isEnding = true;
        if (_ring is not null)
        {
            foreach (IUringSocket socket in _sockets.ToArray())
            {
                socket.Close();
            }

            if (_isWakeInFlight)
            {
                Cancel(default);
            }

            while (_sockets.Count > 0 || _isWakeInFlight)
            {
                ReapOnce(timeoutMilliseconds: 1);
            }

            _ring.Dispose();
        }

        // If the ring is lost, the kernel may still write to a buffer that it had taken: that memory is not freed.
        if (!IsLost)
        {
            _buffers?.Dispose();
            NativeMemory.Free(_wakeCount);
        }

        while (_vectors.TryPop(out SendVector? vector))
        {
            vector.Dispose();
        }
    }

    protected override void Reap() => ReapOnce(timeoutMilliseconds: 0);

    /// <summary>Handles completions. If the ring is lost, completes every operation.</summary>
    private void ReapOnce(int timeoutMilliseconds)
    {
        if (_ring is null)
        {
            return;
        }

        if (!IsLost)
        {
            try
            {
                Enter(timeoutMilliseconds);
            }
            catch (IOException)
            {
                Lose();
            }

            Complete();
        }

        if (IsLost)
        {
            CompleteLost();
        }
    }

    /// <summary>
    /// Handles a ring that can no longer be entered. Its sockets are shut down, so that the kernel neither sends from nor receives into
    /// their memory, and closing the ring cancels the rest.
    /// </summary>
    private void Lose()
    {
        IsLost = true;
        foreach (IUringSocket socket in _sockets.ToArray())
        {
            socket.ShutDown();
        }
    }

    private void CompleteLost()
    {
        _isWakeInFlight = false;
        foreach (IUringSocket socket in _sockets.ToArray())
        {
            foreach (OperationKind kind in s_socketOperations)
            {
                if (socket.IsInFlight(kind))
                {
                    socket.OnCompletion(kind, -Errno.ECANCELED, 0);
                }
            }
        }
    }

    private void Enter(int timeoutMilliseconds)
    {
        Ring ring = _ring!;
        SysResult entered = ring.Enter(timeoutMilliseconds);
        Counters.Waits++;
        if (ring.Submissions.HasOverflow)
        {
            counters.Overflows++;
        }

        if (!entered.IsError)
        {
            return;
        }

        if (entered.Errno is not (Errno.EAGAIN or Errno.ENOMEM or Errno.EBUSY))
        {
            entered.ThrowIfError($"{Name}: io_uring_enter");
        }

        counters.Shortages++;
        if (ring.Completions.Count == 0 && timeoutMilliseconds != 0)
        {
            Thread.Sleep(ShortageMilliseconds);
        }
    }

    private void Complete()
    {
        CompletionQueue completions = _ring!.Completions;
        uint count = completions.Count;
        Counters.Events += count;
        _completed = count;
        for (uint i = 0; i < count; i++)
        {
            io_uring_cqe cqe = completions.Take();
            UserData id = UserData.Unpack(cqe.user_data);
            if (id.IsCancellation)
            {
                Canceled(id with { IsCancellation = false }, cqe.res);
            }
            else if (id.Kind == OperationKind.Wake)
            {
                Woken(cqe.res);
            }
            else
            {
                IUringSocket? socket = _sockets.Find(id);
                Debug.Assert(socket is not null, "A socket left its slot with an operation in flight.");
                socket?.OnCompletion(id.Kind, cqe.res, cqe.flags);
            }
        }
    }

    /// <summary>
    /// Handles the completion of a cancellation. If it found nothing, its operation was between two attempts or has completed: as long as
    /// it is in flight it is cancelled again.
    /// </summary>
    private void Canceled(UserData target, int result)
    {
        bool isCanceling = target.Kind == OperationKind.Wake ? _isWakeInFlight : _sockets.Find(target)?.IsCanceling(target.Kind) == true;
        if (result < 0 && isCanceling)
        {
            counters.RepeatedCancellations++;
            Cancel(target);
        }
    }

    private void WaitForWake()
    {
        _isWakeInFlight = true;
        Submit(Sqe.Read(Waker.Descriptor, _wakeCount, sizeof(ulong), default(UserData).Pack()));
    }

    /// <summary>
    /// Handles the eventfd's read or poll. Kernels before 5.18 do not wait for a descriptor with O_NONBLOCK, so it is polled and then
    /// drained.
    /// </summary>
    private void Woken(int result)
    {
        _isWakeInFlight = false;
        if (_isEnding)
        {
            return;
        }

        if (result == -Errno.EAGAIN)
        {
            _isWakeInFlight = true;
            Submit(Sqe.Poll(Waker.Descriptor, Libc.POLLIN, default(UserData).Pack()));
            return;
        }

        if (result != -Errno.EINTR)
        {
            new SysResult(result).ThrowIfError($"{Name}: reading the eventfd");
        }

        WaitForWake();
    }
}
