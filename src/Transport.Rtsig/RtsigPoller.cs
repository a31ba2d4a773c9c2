using Transport.Core.Loops.Waiting;
using Transport.Core.Readiness;
using Libc = Transport.Rtsig.Interop.Libc;

namespace Transport.Rtsig;

/// <summary>An <see cref="IPoller"/> on signal-driven I/O with queued signals (fcntl(2), O_ASYNC and F_SETSIG).</summary>
/// <remarks>
/// The kernel's behaviour and how this class handles it (Linux 2.4; signalfd 2.6.22; F_SETOWN_EX 2.6.32):
/// <list type="bullet">
/// <item>a) It queues a signal for every change, such as a segment or a FIN, and never merges two. It queues none for readiness from before
/// O_ASYNC was set. O_ASYNC is therefore set when the descriptor is first armed, followed by one poll(2).</item>
/// <item>b) It continues to queue signals while no operation is pending. An event that is not awaited clears O_ASYNC; arming sets it again,
/// followed by one poll.</item>
/// <item>c) With F_SETOWN and a process, any thread could take the signal, and the process would be terminated. F_SETOWN_EX selects this
/// thread, which blocks the signal.</item>
/// <item>d) Owner and O_ASYNC belong to the open file description, not to the number. If a duplicate exists they outlive close(2): Remove
/// is always called before close, and two loops cannot register one listening socket.</item>
/// <item>e) Queued signals outlive the descriptor too, and carry its number, which may have been reused. They cause spurious events: the
/// next system call returns EAGAIN.</item>
/// <item>f) All processes of the user share the queue's length, RLIMIT_SIGPENDING. When it is full the signal is lost, and SIGIO, which
/// needs no room, is sent instead. The queue is then drained first, so that later signals find room, and every armed descriptor is polled.
/// The others are polled when they are armed next. Signals and SIGIO are directed to the thread, so another loop's overflow does not affect
/// this one.</item>
/// <item>g) A signal for writability follows only after a send returned EAGAIN while O_ASYNC was set, or after a poll that found no room
/// (SOCKWQ_ASYNC_NOSPACE). The poll in b) therefore requests both directions.</item>
/// <item>h) Urgent data queues POLL_PRI, which makes the event exceptional, and sends SIGURG, which is ignored by default.</item>
/// <item>i) eventfd cannot raise signals. It is polled, beside the signalfd, when the queue is empty and the loop may sleep.</item>
/// </list>
/// </remarks>
internal sealed unsafe class RtsigPoller : IPoller
{
    private readonly SignalQueue _queue;
    private readonly RtsigCounters _counters;
    private readonly SignalOverflows _overflows;

    /// <summary>The awaited events of each descriptor, for polling after an overflow.</summary>
    private readonly PollSet _waitedFor = new(masksSignals: false);

    /// <summary>By descriptor.</summary>
    private Watch[] _watches = new Watch[256];

    /// <summary>The events that a poll found when a descriptor was armed.</summary>
    private readonly Queue<Ready> _found = new();

    private readonly QueuedSignal[] _signals = new QueuedSignal[SignalQueue.BatchSize];
    private int _waker = -1;
    private bool _sweeping;

    /// <summary>The number of the current wait.</summary>
    private long _wait;

    /// <summary>
    /// The number of drains of the queue: a descriptor that has not been polled or reported since may have lost a signal.
    /// </summary>
    private long _drains;

    public RtsigPoller(int signal, SignalReading reading, RtsigCounters counters, SignalOverflows overflows)
    {
        _queue = new SignalQueue(signal, reading);
        _counters = counters;
        _overflows = overflows;
    }

    public SysResult Add(int descriptor, SocketRole role)
    {
        if (role == SocketRole.Waker)
        {
            _waker = descriptor;
            return new SysResult(0);
        }

        Libc.f_owner_ex owner = new() { type = Libc.F_OWNER_TID, pid = _queue.ThreadId };
        SysResult owned = SysResult.From(Fcntl.fcntl(descriptor, Libc.F_SETOWN_EX, (nint)(&owner)));
        SysResult added = owned.IsError ? owned : SysResult.From(Fcntl.fcntl(descriptor, Libc.F_SETSIG, _queue.Signal));
        if (!added.IsError)
        {
            if (descriptor >= _watches.Length)
            {
                Array.Resize(ref _watches, Math.Max(descriptor + 1, _watches.Length * 2));
            }

            _watches[descriptor] = default;
            _waitedFor.Add(descriptor);
        }

        return added;
    }

    public void Arm(int descriptor, Readiness interest)
    {
        if (descriptor == _waker)
        {
            return;
        }

        _waitedFor.Want(descriptor, interest);
        ref Watch watch = ref _watches[descriptor];
        if (!watch.IsAsync)
        {
            watch.IsAsync = !SetAsync(descriptor, Libc.O_ASYNC).IsError;
            if (!watch.IsAsync)
            {
                // ENOMEM. The descriptor is reported as ready, so that its socket tries and re-arms.
                _found.Enqueue(new Ready(descriptor, Readiness.Readable | Readiness.Writable));
                return;
            }
        }
        else if (watch.Drains == _drains)
        {
            return;
        }

        watch.Drains = _drains;
        Readiness found = _waitedFor.PollOne(descriptor);
        if (found != Readiness.None)
        {
            _found.Enqueue(new Ready(descriptor, found));
        }
    }

    public void Remove(int descriptor)
    {
        if (_watches[descriptor].IsAsync)
        {
            SetAsync(descriptor, 0);
        }

        _watches[descriptor] = default;
        _waitedFor.Remove(descriptor);
    }

    public void Woken(Waker waker) => waker.Drain();

    public SysResult Wait(Span<Ready> ready, int timeoutMilliseconds)
    {
        _wait++;
        int reports = 0;
        while (reports < ready.Length && _found.TryDequeue(out Ready found))
        {
            if (_waitedFor.Contains(found.Key))
            {
                Used(found.Key, found.Readiness);
                ready[reports++] = found;
            }
        }

        SysResult result = Read(ready, reports);
        if (result.Value == 0 && !_sweeping && timeoutMilliseconds != 0)
        {
            result = _queue.Wait(_waker, timeoutMilliseconds, out bool isWoken);
            if (isWoken)
            {
                ready[0] = new Ready(_waker, Readiness.Readable);
            }

            result = result.IsError ? result : Read(ready, isWoken ? 1 : 0);
        }

        return _sweeping && !result.IsError ? Sweep(ready, (int)result.Value) : result;
    }

    public void Dispose() => _queue.Dispose();

    /// <summary>Returns queued signals as events, behind those returned already.</summary>
    /// <returns>The total number of events.</returns>
    private SysResult Read(Span<Ready> ready, int reports)
    {
        int room = Math.Min(ready.Length - reports, _signals.Length);
        SysResult read = room > 0 ? _queue.Read(_signals.AsSpan(0, room)) : default;
        if (read.IsError)
        {
            return read;
        }

        _counters.Signals += read.Value;
        foreach (ref readonly QueuedSignal signal in _signals.AsSpan(0, (int)read.Value))
        {
            if (signal.IsOverflow)
            {
                _overflows.Overflowed();
                _sweeping = true;
            }
            else if (_waitedFor.Contains(signal.Descriptor))
            {
                Readiness readiness = PollSet.ToReadiness(signal.Band);
                Used(signal.Descriptor, readiness);
                ready[reports++] = new Ready(signal.Descriptor, readiness);
            }
        }

        return new SysResult(reports);
    }

    /// <summary>
    /// Drains the queue after an overflow, then polls every armed descriptor, over as many waits as the events need.
    /// </summary>
    private SysResult Sweep(Span<Ready> ready, int reports)
    {
        _drains++;
        _counters.Signals += _queue.Drain();
        SysResult swept = _waitedFor.Wait(ready[reports..], 0);
        _sweeping = _waitedFor.HasMore;
        for (int i = 0; i < swept.Value; i++)
        {
            Reported(ref _watches[ready[reports + i].Key]);
        }

        _counters.Swept += Math.Max(swept.Value, 0);
        return swept.IsError ? swept : new SysResult(reports + swept.Value);
    }

    /// <summary>Disarms what an event has reported; an event that is not awaited clears O_ASYNC.</summary>
    private void Used(int descriptor, Readiness readiness)
    {
        (Readiness used, Readiness left) = _waitedFor.Use(descriptor, readiness);
        ref Watch watch = ref _watches[descriptor];

        // A second signal of the same batch does not show that: the socket has not handled the first one yet.
        if (used == Readiness.None && left == Readiness.None && watch.IsAsync && watch.Reported != _wait)
        {
            watch.IsAsync = false;
            _counters.Disarmed++;
            SetAsync(descriptor, 0);
        }

        Reported(ref watch);
    }

    private void Reported(ref Watch watch)
    {
        watch.Reported = _wait;
        watch.Drains = _drains;
    }

    /// <summary>Sets or clears O_ASYNC. Every descriptor here is non-blocking and has no other flag that F_SETFL would clear.</summary>
    private static SysResult SetAsync(int descriptor, int asynchronous) =>
        SysResult.From(Fcntl.fcntl(descriptor, Fcntl.F_SETFL, Fcntl.O_NONBLOCK | asynchronous));

    private struct Watch
    {
        /// <summary>O_ASYNC is set.</summary>
        public bool IsAsync;

        /// <summary>The wait that last reported it.</summary>
        public long Reported;

        /// <summary>The drain since which no signal of it can have been lost.</summary>
        public long Drains;
    }
}
