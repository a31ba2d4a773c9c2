using Transport.Core.Interop;
using Transport.Core.Loops;
using Transport.Core.Readiness;
using Transport.Epoll.Interop;
using Libc = Transport.Epoll.Interop.Libc;

namespace Transport.Epoll;

/// <summary>epoll(7) as a poller.</summary>
/// <remarks>
/// What the kernel does to us, and what we do about it (Linux 2.6 and later; EPOLLRDHUP 2.6.17, EPOLLEXCLUSIVE 4.5):
/// <list type="bullet">
/// <item>a) Edge-triggered, it tells a change once. Adding counts as a change, so what is there already is told too.</item>
/// <item>b) Data and FIN that came before the wait are one report. A receive that comes back short has taken the data and would never hear
/// of the FIN: hence EPOLLRDHUP is asked for, and makes the report exceptional. So do EPOLLPRI, since a receive stops short at urgent data,
/// and EPOLLERR and EPOLLHUP.</item>
/// <item>c) EPOLLERR and EPOLLHUP cannot be masked. A level-triggered descriptor of which nothing is wanted has to be deleted, or it
/// spins.</item>
/// <item>d) A registration belongs to the open file description, not to the number: with a duplicate somewhere it outlives close(2). Hence
/// Remove before close, always.</item>
/// <item>e) Events of a descriptor that was closed earlier in the same batch still come. They carry its number, and are hints.</item>
/// <item>f) With EPOLLEXCLUSIVE only IN, OUT, ERR, HUP and ET are allowed, and never MOD: a shared listener is always
/// edge-triggered.</item>
/// <item>g) struct epoll_event is packed on x86-64 only.</item>
/// <item>h) Every write to an eventfd is an edge of its own, whatever its counter says, and EPOLLOUT of it is one after each read. So the
/// waker is registered for EPOLLIN and EPOLLET, whatever the trigger, and is never read: reading it would end the next wait too.</item>
/// </list>
/// </remarks>
internal sealed unsafe class EpollPoller : IPoller
{
    private const uint Incoming = Libc.EPOLLIN | Libc.EPOLLPRI | Libc.EPOLLRDHUP;

    private readonly EpollTrigger _trigger;
    private readonly int _epoll;

    /// <summary>Room for the kernel's reports.</summary>
    private byte[] _events = [];

    /// <summary>Level and oneshot: by descriptor, what is waited for, and what the kernel has been told.</summary>
    private Watch[] _watches = [];

    /// <summary>
    /// Level and oneshot: descriptors whose mask the kernel did not take (ENOMEM). They are reported, tried, and armed again.
    /// </summary>
    private readonly Queue<int> _refused = new();

    public EpollPoller(EpollTrigger trigger)
    {
        _trigger = trigger;
        _epoll = (int)SysResult.From(Libc.epoll_create1(Libc.EPOLL_CLOEXEC)).ThrowIfError("epoll_create1");
    }

    public SysResult Add(int descriptor, SocketRole role)
    {
        if (role == SocketRole.SharedListener)
        {
            return Control(Libc.EPOLL_CTL_ADD, descriptor, Libc.EPOLLIN | Libc.EPOLLET | Libc.EPOLLEXCLUSIVE);
        }

        if (role == SocketRole.Waker)
        {
            return Control(Libc.EPOLL_CTL_ADD, descriptor, Libc.EPOLLIN | Libc.EPOLLET);
        }

        if (_trigger == EpollTrigger.Edge)
        {
            return Control(Libc.EPOLL_CTL_ADD, descriptor, Incoming | Libc.EPOLLOUT | Libc.EPOLLET);
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
        // Edge: nothing to do, the edge will come.
        if (descriptor < _watches.Length && _watches[descriptor].IsWatched)
        {
            ref Watch watch = ref _watches[descriptor];
            watch.Wanted |= interest;
            if ((watch.Wanted & ~watch.Told) != 0)
            {
                Tell(descriptor, ref watch);
            }
        }
    }

    public void Remove(int descriptor)
    {
        bool added = true;
        if (descriptor < _watches.Length && _watches[descriptor].IsWatched)
        {
            added = _watches[descriptor].Told != Readiness.None || _watches[descriptor].IsDisarmed;
            _watches[descriptor] = default;
        }

        if (added)
        {
            Control(Libc.EPOLL_CTL_DEL, descriptor, 0);
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

        // SAFETY: the array is on the pinned heap; fixed costs nothing.
        fixed (byte* events = _events)
        {
            SysResult count = SysResult.From(Libc.epoll_wait(_epoll, events, ready.Length, _refused.Count > 0 ? 0 : timeoutMilliseconds));
            if (count.IsError)
            {
                return count.Errno == Errno.EINTR ? new SysResult(0) : count;
            }

            int reports = (int)count.Value;
            for (int i = 0; i < reports; i++)
            {
                byte* reported = events + (i * EpollEvent.Size);
                ready[i] = new Ready(EpollEvent.Descriptor(reported), ToReadiness(EpollEvent.Events(reported)));
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

    /// <summary>Errors and hang-ups are folded into both directions: whoever waits makes its call and learns what happened.</summary>
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

    /// <summary>Level and oneshot: a report uses up what was waited for.</summary>
    private void Reported(in Ready ready)
    {
        if (ready.Descriptor >= _watches.Length || !_watches[ready.Descriptor].IsWatched)
        {
            return;
        }

        ref Watch watch = ref _watches[ready.Descriptor];
        Readiness used = watch.Wanted & ready.Readiness;
        watch.Wanted &= ~used;
        if (_trigger == EpollTrigger.Oneshot)
        {
            // The kernel has disarmed the descriptor whole; the direction that was not reported is asked for again.
            watch.Told = Readiness.None;
            watch.IsDisarmed = true;
            if (watch.Wanted != Readiness.None)
            {
                Tell(ready.Descriptor, ref watch);
            }
        }
        else if (used == Readiness.None)
        {
            // It keeps telling what nobody waits for, a connection whose application is behind: hush it.
            Tell(ready.Descriptor, ref watch);
        }
    }

    /// <summary>Level and oneshot: makes the kernel's mask what is wanted.</summary>
    private void Tell(int descriptor, ref Watch watch)
    {
        bool added = watch.Told != Readiness.None || watch.IsDisarmed;
        if (watch.Wanted == Readiness.None)
        {
            if (added)
            {
                Control(Libc.EPOLL_CTL_DEL, descriptor, 0);
            }

            watch.Told = Readiness.None;
            watch.IsDisarmed = false;
            return;
        }

        uint events = ((watch.Wanted & Readiness.Readable) != 0 ? Incoming : 0)
            | ((watch.Wanted & Readiness.Writable) != 0 ? Libc.EPOLLOUT : 0)
            | (_trigger == EpollTrigger.Oneshot ? Libc.EPOLLONESHOT : 0);
        if (Control(added ? Libc.EPOLL_CTL_MOD : Libc.EPOLL_CTL_ADD, descriptor, events).IsError)
        {
            _refused.Enqueue(descriptor);
            return;
        }

        watch.Told = watch.Wanted;
        watch.IsDisarmed = false;
    }

    private SysResult Control(int operation, int descriptor, uint events)
    {
        byte* registration = stackalloc byte[16];
        EpollEvent.Write(registration, events, descriptor);
        return SysResult.From(Libc.epoll_ctl(_epoll, operation, descriptor, registration));
    }

    private struct Watch
    {
        public bool IsWatched;

        /// <summary>Waited for, and not reported since.</summary>
        public Readiness Wanted;

        /// <summary>In the kernel's mask. None: not registered, unless <see cref="IsDisarmed"/>.</summary>
        public Readiness Told;

        /// <summary>Oneshot: registered, and silent since its report.</summary>
        public bool IsDisarmed;
    }
}
