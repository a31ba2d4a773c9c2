using Transport.Core.Interop;

namespace Transport.Core.Readiness;

/// <summary>
/// Descriptors and what each is waited for, in the shape that poll(2) takes: dense, so that the kernel walks no gaps. A report uses up what
/// was waited for; a descriptor of which nothing is wanted is passed over, since POLLERR and POLLHUP cannot be masked.
/// </summary>
/// <param name="masksSignals">ppoll(2) with <see cref="WaitMask"/> in place of poll(2).</param>
internal sealed unsafe class PollSet(bool masksSignals)
{
    /// <summary>POLLPRI and POLLRDHUP cost nothing, and tell that a short receive will not have emptied the socket.</summary>
    private const short Incoming = Libc.POLLIN | Libc.POLLPRI | Libc.POLLRDHUP;

    private Libc.pollfd[] _entries = GC.AllocateArray<Libc.pollfd>(64, pinned: true);

    /// <summary>By descriptor: its place among the entries, and 1 more, so that 0 is nowhere.</summary>
    private int[] _places = new int[256];
    private int _count;

    /// <summary>
    /// Where the next look through the reports begins: behind the last one that was handed on, so that none waits for ever.
    /// </summary>
    private int _next;

    /// <summary>The last wait found more than it was given room for, or could not look.</summary>
    public bool HasMore { get; private set; }

    /// <summary>Puts a descriptor in, with nothing wanted of it.</summary>
    public void Add(int descriptor)
    {
        if (descriptor >= _places.Length)
        {
            Array.Resize(ref _places, Math.Max(descriptor + 1, _places.Length * 2));
        }

        if (_count == _entries.Length)
        {
            Libc.pollfd[] larger = GC.AllocateArray<Libc.pollfd>(_count * 2, pinned: true);
            _entries.CopyTo(larger, 0);
            _entries = larger;
        }

        _entries[_count] = new Libc.pollfd { fd = ~descriptor };
        _places[descriptor] = ++_count;
    }

    /// <summary>What comes is wanted too.</summary>
    public void Want(int descriptor, Readiness interest)
    {
        ref Libc.pollfd entry = ref _entries[_places[descriptor] - 1];
        entry.events |= (short)(((interest & Readiness.Readable) != 0 ? Incoming : 0) | ((interest & Readiness.Writable) != 0 ? Libc.POLLOUT : 0));
        entry.fd = descriptor;
    }

    /// <summary>A report uses up what was waited for. Nothing happens to a descriptor that is not here: a report may be stale.</summary>
    /// <returns>What of it was waited for, and what still is.</returns>
    public (Readiness Used, Readiness Left) Use(int descriptor, Readiness readiness) =>
        Contains(descriptor) ? Use(ref _entries[_places[descriptor] - 1], readiness) : default;

    public bool Contains(int descriptor) => descriptor < _places.Length && _places[descriptor] > 0;

    /// <summary>Takes a descriptor out; the last entry fills its place.</summary>
    public void Remove(int descriptor)
    {
        int place = _places[descriptor] - 1;
        Libc.pollfd last = _entries[--_count];
        _entries[place] = last;
        _places[last.fd < 0 ? ~last.fd : last.fd] = place + 1;
        _places[descriptor] = 0;
    }

    /// <summary>poll(2): waits, and reports. What finds no room is reported by the next wait, before what has been reported now.</summary>
    public SysResult Wait(Span<Ready> ready, int timeoutMilliseconds)
    {
        SysResult found = Poll(timeoutMilliseconds);
        if (found.IsError)
        {
            HasMore = true;

            // ENOMEM: no room in the kernel for its copy of the set, which may be different in a moment.
            return found.Errno is Errno.EINTR or Errno.EAGAIN or Errno.ENOMEM ? new SysResult(0) : found;
        }

        int left = (int)found.Value;
        int reports = 0;
        int place = _next;
        for (int looked = 0; looked < _count && left > 0 && reports < ready.Length; looked++)
        {
            place = place < _count ? place : 0;
            ref Libc.pollfd entry = ref _entries[place++];
            if (entry.revents != 0)
            {
                left--;
                int descriptor = entry.fd;
                Readiness readiness = ToReadiness(entry.revents);
                Use(ref entry, readiness);
                ready[reports++] = new Ready(descriptor, readiness);
            }
        }

        _next = place;
        HasMore = left > 0;
        return new SysResult(reports);
    }

    /// <summary>poll(2) of one descriptor, without waiting: what of what is wanted is there. Uses nothing up.</summary>
    public Readiness Look(int descriptor)
    {
        // SAFETY: the array is on the pinned heap; fixed costs nothing.
        fixed (Libc.pollfd* entry = &_entries[_places[descriptor] - 1])
        {
            return Libc.poll(entry, 1, 0) switch
            {
                0 => Readiness.None,
                > 0 => ToReadiness(entry->revents),

                // ENOMEM, or EINTR: it may be anything, and whoever waits has to try.
                _ => Readiness.Readable | Readiness.Writable | Readiness.Exceptional,
            };
        }
    }

    /// <summary>
    /// What poll's bits, or a signal's band, mean. Errors and hang-ups are folded into both directions: whoever waits makes its call and
    /// learns what happened.
    /// </summary>
    public static Readiness ToReadiness(int events)
    {
        const int Failed = Libc.POLLERR | Libc.POLLHUP | Libc.POLLNVAL;
        Readiness readiness = (Readiness)(events & Libc.POLLIN) | (Readiness)((events & Libc.POLLOUT) >> 1);
        if ((events & (Libc.POLLPRI | Libc.POLLRDHUP | Failed)) == 0)
        {
            return readiness;
        }

        return readiness | Readiness.Exceptional | Readiness.Readable | ((events & Failed) != 0 ? Readiness.Writable : Readiness.None);
    }

    private SysResult Poll(int timeoutMilliseconds)
    {
        // SAFETY: the array is on the pinned heap; fixed costs nothing.
        fixed (Libc.pollfd* entries = _entries)
        {
            if (!masksSignals)
            {
                return SysResult.From(Libc.poll(entries, (nuint)_count, timeoutMilliseconds));
            }

            timespec timeout = timespec.FromMilliseconds(timeoutMilliseconds);
            return SysResult.From(Libc.ppoll(entries, (nuint)_count, timeoutMilliseconds < 0 ? null : &timeout, WaitMask.Address));
        }
    }

    private static (Readiness Used, Readiness Left) Use(ref Libc.pollfd entry, Readiness readiness)
    {
        Readiness wanted = Wanted(entry.events);
        Readiness left = wanted & ~readiness;
        entry.events &= (short)~(((readiness & Readiness.Readable) != 0 ? Incoming : 0) | ((readiness & Readiness.Writable) != 0 ? Libc.POLLOUT : 0));
        if (entry.events == 0 && entry.fd >= 0)
        {
            entry.fd = ~entry.fd;
        }

        return (wanted & readiness, left);
    }

    private static Readiness Wanted(short events) => (Readiness)(events & Libc.POLLIN) | (Readiness)((events & Libc.POLLOUT) >> 1);
}
