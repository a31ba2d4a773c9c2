using Transport.Core.Interop.Sockets;
using Transport.Core.Loops.Waiting;
using Transport.Core.Readiness;
using Transport.Epoll.Interop;
using Libc = Transport.Epoll.Interop.Libc;

namespace Transport.Epoll;

/// <summary>An <see cref="IPoller"/> on epoll(7).</summary>
/// <remarks>
/// The kernel's behaviour and how this class handles it (Linux 2.6 and later; EPOLLRDHUP 2.6.17, EPOLLEXCLUSIVE 4.5):
/// <list type="bullet">
/// <item>a) Edge-triggered, it reports a change once. Registering counts as a change, so existing readiness is reported too.</item>
/// <item>b) Data and FIN that arrive before the wait are one event. A short receive then takes the data, and no further event reports the
/// FIN. EPOLLRDHUP is therefore requested and makes the event exceptional. So do EPOLLPRI, since a receive stops short at urgent data, and
/// EPOLLERR and EPOLLHUP.</item>
/// <item>c) EPOLLERR and EPOLLHUP cannot be masked. A level-triggered descriptor with no awaited event is deleted; otherwise the loop would
/// spin.</item>
/// <item>d) A registration belongs to the open file description, not to the number: if a duplicate exists it outlives close(2). Remove is
/// therefore always called before close.</item>
/// <item>e) Events of a descriptor that was closed earlier in the same batch still arrive. They carry its key, which another may have
/// by then, and may be spurious.</item>
/// <item>f) EPOLLEXCLUSIVE allows only IN, OUT, ERR, HUP and ET, and no EPOLL_CTL_MOD: a shared listener is always edge-triggered.</item>
/// <item>g) struct epoll_event is packed on x86-64 only.</item>
/// <item>h) Every write to an eventfd is an edge, whatever its counter, and each read is an edge for EPOLLOUT. The waker is therefore
/// registered for EPOLLIN and EPOLLET with every trigger, and is never read: a read would end the next wait too.</item>
/// </list>
/// </remarks>
internal sealed unsafe class EpollPoller : IPoller
{
    private const uint Incoming = Libc.EPOLLIN | Libc.EPOLLPRI | Libc.EPOLLRDHUP;

    private readonly EpollTrigger _trigger;
    private readonly int _epoll;

    /// <summary>The buffer for the kernel's events.</summary>
    private byte[] _events = [];

    /// <summary>Level and oneshot: by descriptor, the awaited events and the registered events.</summary>
    private Watch[] _watches = [];

    /// <summary>
    /// Level and oneshot: descriptors whose registration failed (ENOMEM). They are reported as ready, so that their sockets try and re-arm.
    /// </summary>
    private readonly Queue<int> _refused = new();

    public EpollPoller(EpollTrigger trigger)
    {
        _trigger = trigger;
        _epoll = (int)SysResult.From(Libc.epoll_create1(Libc.EPOLL_CLOEXEC)).ThrowIfError("epoll_create1");
    }

    /// <summary>
    /// The epoll instance itself (epoll(7), questions 3 and 5). Only edge-triggered: a level that stays ready is no new event of the
    /// instance.
    /// </summary>
    public int Descriptor => _trigger == EpollTrigger.Edge ? _epoll : -1;

    /// <summary>In epoll_data. The other triggers look their <see cref="Watch"/> up by the descriptor.</summary>
    public bool CarriesKeys => _trigger == EpollTrigger.Edge;

    public SysResult Add(int descriptor, SocketRole role) => Add(descriptor, role, descriptor);

    public SysResult Add(int descriptor, SocketRole role, int key)
    {
        if (role == SocketRole.SharedListener)
        {
            return Control(Libc.EPOLL_CTL_ADD, descriptor, Libc.EPOLLIN | Libc.EPOLLET | Libc.EPOLLEXCLUSIVE, key);
        }

        if (role is SocketRole.Waker or SocketRole.Guest)
        {
            return Control(Libc.EPOLL_CTL_ADD, descriptor, Libc.EPOLLIN | Libc.EPOLLET, key);
        }

        if (_trigger == EpollTrigger.Edge)
        {
            return Control(Libc.EPOLL_CTL_ADD, descriptor, Incoming | Libc.EPOLLOUT | Libc.EPOLLET, key);
        }

        if (descriptor >= _watches.Length)
        {
            Array.Resize(ref _watches, Math.Max(descriptor + 1, _watches.Length * 2));
        }

        _watches[descriptor] = new Watch { IsWatched = true };
        return new SysResult(0);
    }

    public void Arm(int descriptor, Readiness interest)
    {
        // Edge-triggered: nothing to do, the event follows.
        if (descriptor < _watches.Length && _watches[descriptor].IsWatched)
        {
            ref Watch watch = ref _watches[descriptor];
            watch.Awaited |= interest;
            if ((watch.Awaited & ~watch.Registered) != 0)
            {
                Register(descriptor, ref watch);
            }
        }
    }

    public void Remove(int descriptor)
    {
        bool added = true;
        if (descriptor < _watches.Length && _watches[descriptor].IsWatched)
        {
            added = _watches[descriptor].Registered != Readiness.None || _watches[descriptor].IsDisarmed;
            _watches[descriptor] = default;
        }

        if (added)
        {
            Control(Libc.EPOLL_CTL_DEL, descriptor, 0);
        }
    }

    public void Closing(int descriptor)
    {
        // Edge-triggered: close(2) removes it from the interest list, so a connection costs one call less. A process that is being started
        // holds a duplicate until execve(2), and events until then are reported for whatever has the key by then: they are spurious.
        if (_trigger != EpollTrigger.Edge)
        {
            Remove(descriptor);
        }
    }

    public void Woken(Waker waker)
    {
    }

    public SysResult Wait(Span<Ready> ready, int timeoutMilliseconds)
    {
        if (_events.Length < ready.Length * EpollEvent.Size)
        {
            _events = GC.AllocateUninitializedArray<byte>(ready.Length * EpollEvent.Size, pinned: true);
        }

        // SAFETY: the array is on the pinned object heap.
        fixed (byte* events = _events)
        {
            SysResult count;
            do
            {
                count = SysResult.From(Libc.epoll_wait(_epoll, events, ready.Length, _refused.Count > 0 ? 0 : timeoutMilliseconds));
            }
            while (count.IsError && count.Errno == Errno.EINTR && timeoutMilliseconds == 0);

            if (count.IsError)
            {
                return count.Errno == Errno.EINTR ? new SysResult(0) : count;
            }

            int reports = (int)count.Value;
            for (int i = 0; i < reports; i++)
            {
                byte* reported = events + (i * EpollEvent.Size);
                ready[i] = new Ready(EpollEvent.Key(reported), ToReadiness(EpollEvent.Events(reported)));
                if (_trigger != EpollTrigger.Edge)
                {
                    Reported(in ready[i]);
                }
            }

            while (reports < ready.Length && _refused.TryDequeue(out int refused))
            {
                ready[reports++] = new Ready(refused, Readiness.Readable | Readiness.Writable);
            }

            return new SysResult(reports);
        }
    }

    public void Dispose() => SocketCalls.Close(_epoll);

    /// <summary>
    /// Converts epoll's bits. Errors and hang-ups are reported as both directions: the next system call returns the error.
    /// </summary>
    private static Readiness ToReadiness(uint events)
    {
        Readiness readiness = (Readiness)(events & Libc.EPOLLIN) | (Readiness)((events & Libc.EPOLLOUT) >> 1);
        if ((events & ~(Libc.EPOLLIN | Libc.EPOLLOUT)) == 0)
        {
            return readiness;
        }

        bool failed = (events & (Libc.EPOLLERR | Libc.EPOLLHUP)) != 0;
        return readiness | Readiness.Exceptional | Readiness.Readable | (failed ? Readiness.Writable : Readiness.None);
    }

    /// <summary>Level and oneshot: disarms what an event has reported.</summary>
    private void Reported(in Ready ready)
    {
        if (ready.Key >= _watches.Length || !_watches[ready.Key].IsWatched)
        {
            return;
        }

        ref Watch watch = ref _watches[ready.Key];
        Readiness used = watch.Awaited & ready.Readiness;
        watch.Awaited &= ~used;
        if (_trigger == EpollTrigger.Oneshot)
        {
            // The kernel has disarmed the whole descriptor; the direction that was not reported is registered again.
            watch.Registered = Readiness.None;
            watch.IsDisarmed = true;
            if (watch.Awaited != Readiness.None)
            {
                Register(ready.Key, ref watch);
            }
        }
        else if (used == Readiness.None)
        {
            // A level-triggered event that is not awaited, because of back-pressure, would repeat: it is deregistered.
            Register(ready.Key, ref watch);
        }
    }

    /// <summary>Level and oneshot: registers the awaited events in the kernel.</summary>
    private void Register(int descriptor, ref Watch watch)
    {
        bool added = watch.Registered != Readiness.None || watch.IsDisarmed;
        if (watch.Awaited == Readiness.None)
        {
            if (added)
            {
                Control(Libc.EPOLL_CTL_DEL, descriptor, 0);
            }

            watch.Registered = Readiness.None;
            watch.IsDisarmed = false;
            return;
        }

        uint events = ((watch.Awaited & Readiness.Readable) != 0 ? Incoming : 0)
            | ((watch.Awaited & Readiness.Writable) != 0 ? Libc.EPOLLOUT : 0)
            | (_trigger == EpollTrigger.Oneshot ? Libc.EPOLLONESHOT : 0);
        if (Control(added ? Libc.EPOLL_CTL_MOD : Libc.EPOLL_CTL_ADD, descriptor, events).IsError)
        {
            _refused.Enqueue(descriptor);
            return;
        }

        watch.Registered = watch.Awaited;
        watch.IsDisarmed = false;
    }

    private SysResult Control(int operation, int descriptor, uint events) => Control(operation, descriptor, events, descriptor);

    private SysResult Control(int operation, int descriptor, uint events, int key)
    {
        byte* registration = stackalloc byte[16];
        EpollEvent.Write(registration, events, key);
        return SysResult.From(Libc.epoll_ctl(_epoll, operation, descriptor, registration));
    }

    private struct Watch
    {
        public bool IsWatched;

        /// <summary>The awaited events that have not been reported since.</summary>
        public Readiness Awaited;

        /// <summary>The registered events. None: not registered, unless <see cref="IsDisarmed"/>.</summary>
        public Readiness Registered;

        /// <summary>Oneshot: registered, and disarmed by its event.</summary>
        public bool IsDisarmed;
    }
}
