using Transport.Core.Loops;
using Transport.Core.Readiness;
using Libc = Transport.Rtsig.Interop.Libc;

namespace Transport.Rtsig;

/// <summary>Signal-driven I/O with queued signals (fcntl(2), O_ASYNC and F_SETSIG) as a poller.</summary>
/// <remarks>
/// What the kernel does to us, and what we do about it (Linux 2.4; signalfd 2.6.22; F_SETOWN_EX 2.6.32):
/// <list type="bullet">
/// <item>a) It queues a signal for every change, a segment or a FIN each, and never merges two. Nothing is queued for what was there before
/// O_ASYNC was set: it is set when the descriptor is first armed, and then poll(2) looks once.</item>
/// <item>b) It goes on queueing while nobody reads. A report that nobody waits for takes O_ASYNC away; arming sets it again, and looks
/// once.</item>
/// <item>c) F_SETOWN with a process would have any thread take the signal, and die of it. F_SETOWN_EX names this one, which has it
/// blocked.</item>
/// <item>d) Owner and O_ASYNC belong to the open file description, not to the number. With a duplicate somewhere they outlive close(2),
/// hence Remove before close, always; and two loops cannot watch one listening socket.</item>
/// <item>e) Signals outlive the descriptor too, and carry its number, which may be another's by now. They are hints: one try meets
/// EAGAIN.</item>
/// <item>f) The queue's length, RLIMIT_SIGPENDING, is shared by all processes of the user. When it is full the signal is lost, and SIGIO,
/// which needs no room, comes in its place. Then the queue is drained first, so that what happens from then on finds room, and poll looks
/// at every descriptor that is waited for; the others are looked at when they are armed next. Signals and SIGIO keep to the thread: another
/// loop's overflow is none of ours.</item>
/// <item>g) A writable signal comes only after a send met EAGAIN while O_ASYNC was set, or after a poll that found no room
/// (SOCKWQ_ASYNC_NOSPACE): hence the look in b) asks for both directions.</item>
/// <item>h) Urgent data queues POLL_PRI, makes the report exceptional, and sends SIGURG, which is ignored by default.</item>
/// <item>i) eventfd cannot raise signals. It is polled, beside the signalfd, whenever there is nothing to read and the loop may
/// sleep.</item>
/// </list>
/// </remarks>
internal sealed unsafe class RtsigPoller : IPoller
{
    private readonly SignalQueue _queue;
    private readonly RtsigCounters _counters;
    private readonly SignalOverflows _overflows;

    /// <summary>What each descriptor is waited for, ready to be swept.</summary>
    private readonly PollSet _waitedFor = new(masksSignals: false);

    /// <summary>By descriptor.</summary>
    private Watch[] _watches = new Watch[256];

    /// <summary>What a look found when a descriptor was armed.</summary>
    private readonly Queue<Ready> _found = new();

    private readonly QueuedSignal[] _signals = new QueuedSignal[SignalQueue.BatchSize];
    private int _waker = -1;
    private bool _sweeping;

    /// <summary>This wait's number.</summary>
    private long _wait;

    /// <summary>
    /// How often the queue was drained: a descriptor that has not been swept, reported or looked at since may have lost a signal.
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
        if (!watch.IsTold)
        {
            watch.IsTold = !Tell(descriptor, Libc.O_ASYNC).IsError;
            if (!watch.IsTold)
            {
                // ENOMEM. It is reported, tried, and armed again.
                _found.Enqueue(new Ready(descriptor, Readiness.Readable | Readiness.Writable));
                return;
            }
        }
        else if (watch.Drains == _drains)
        {
            return;
        }

        watch.Drains = _drains;
        Readiness found = _waitedFor.Look(descriptor);
        if (found != Readiness.None)
        {
            _found.Enqueue(new Ready(descriptor, found));
        }
    }

    public void Remove(int descriptor)
    {
        if (_watches[descriptor].IsTold)
        {
            Tell(descriptor, 0);
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
            if (_waitedFor.Contains(found.Descriptor))
            {
                Used(found.Descriptor, found.Readiness);
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

    /// <summary>Reports what is queued, behind what has been reported already.</summary>
    /// <returns>How many reports there are now.</returns>
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
    /// After an overflow: room first, then a look at everything that is waited for, in as many waits as the reports take.
    /// </summary>
    private SysResult Sweep(Span<Ready> ready, int reports)
    {
        _drains++;
        _counters.Signals += _queue.Drain();
        SysResult swept = _waitedFor.Wait(ready[reports..], 0);
        _sweeping = _waitedFor.HasMore;
        for (int i = 0; i < swept.Value; i++)
        {
            Reported(ref _watches[ready[reports + i].Descriptor]);
        }

        _counters.Swept += Math.Max(swept.Value, 0);
        return swept.IsError ? swept : new SysResult(reports + swept.Value);
    }

    /// <summary>A report uses up what was waited for; one that nobody waits for ends the signals.</summary>
    private void Used(int descriptor, Readiness readiness)
    {
        (Readiness used, Readiness left) = _waitedFor.Use(descriptor, readiness);
        ref Watch watch = ref _watches[descriptor];

        // A second signal of the same batch is no sign of that: who waited has not been told yet.
        if (used == Readiness.None && left == Readiness.None && watch.IsTold && watch.Reported != _wait)
        {
            watch.IsTold = false;
            _counters.Hushed++;
            Tell(descriptor, 0);
        }

        Reported(ref watch);
    }

    private void Reported(ref Watch watch)
    {
        watch.Reported = _wait;
        watch.Drains = _drains;
    }

    /// <summary>O_ASYNC on or off. Everything here is non-blocking, and has no other flag that F_SETFL could take away.</summary>
    private static SysResult Tell(int descriptor, int asynchronous) =>
        SysResult.From(Fcntl.fcntl(descriptor, Fcntl.F_SETFL, Fcntl.O_NONBLOCK | asynchronous));

    private struct Watch
    {
        /// <summary>O_ASYNC is set.</summary>
        public bool IsTold;

        /// <summary>The wait that last reported it.</summary>
        public long Reported;

        /// <summary>The drain since which nothing of it can have been lost.</summary>
        public long Drains;
    }
}
