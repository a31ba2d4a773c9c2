using Transport.Core.Interop;

namespace Transport.Core.Readiness;

/// <summary>
/// A set of descriptors with the events awaited of each, in the form that poll(2) takes: dense, so that the kernel scans no gaps. An event
/// disarms its direction. A descriptor with no awaited event is skipped, since POLLERR and POLLHUP cannot be masked.
/// </summary>
/// <param name="masksSignals">Whether to call ppoll(2) with <see cref="WaitMask"/> instead of poll(2).</param>
internal sealed unsafe class PollSet(bool masksSignals)
{
    /// <summary>POLLPRI and POLLRDHUP show that a short receive may not have emptied the socket.</summary>
    private const short Incoming = Libc.POLLIN | Libc.POLLPRI | Libc.POLLRDHUP;

    private Libc.pollfd[] _entries = GC.AllocateArray<Libc.pollfd>(64, pinned: true);

    /// <summary>By descriptor: its index among the entries plus 1; 0 means that it is not in the set.</summary>
    private int[] _places = new int[256];
    private int _count;

    /// <summary>
    /// The entry at which the next scan of the events begins: behind the last one returned, so that no descriptor starves.
    /// </summary>
    private int _next;

    /// <summary>The last wait found more events than it had room for, or poll(2) failed.</summary>
    public bool HasMore { get; private set; }

    /// <summary>Adds a descriptor with no awaited event.</summary>
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

    /// <summary>Arms a descriptor for further events.</summary>
    public void Want(int descriptor, Readiness interest)
    {
        ref Libc.pollfd entry = ref _entries[_places[descriptor] - 1];
        entry.events |= (short)(
            ((interest & Readiness.Readable) != 0 ? Incoming : 0) | ((interest & Readiness.Writable) != 0 ? Libc.POLLOUT : 0));
        entry.fd = descriptor;
    }

    /// <summary>Disarms what an event has reported. A descriptor that is not in the set is ignored: the event may be stale.</summary>
    /// <returns>The reported directions that were armed, and those that still are.</returns>
    public (Readiness Used, Readiness Left) Use(int descriptor, Readiness readiness) =>
        Contains(descriptor) ? Use(ref _entries[_places[descriptor] - 1], readiness) : default;

    public bool Contains(int descriptor) => descriptor < _places.Length && _places[descriptor] > 0;

    /// <summary>Removes a descriptor; the last entry takes its place.</summary>
    public void Remove(int descriptor)
    {
        int place = _places[descriptor] - 1;
        Libc.pollfd last = _entries[--_count];
        _entries[place] = last;
        _places[last.fd < 0 ? ~last.fd : last.fd] = place + 1;
        _places[descriptor] = 0;
    }

    /// <summary>Waits with poll(2) and returns events. Those that do not fit are returned first by the next wait.</summary>
    public SysResult Wait(Span<Ready> ready, int timeoutMilliseconds)
    {
        SysResult found = Poll(timeoutMilliseconds);
        if (found.IsError)
        {
            HasMore = true;

            // ENOMEM: the kernel has no memory for its copy of the set at the moment.
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

    /// <summary>Polls one descriptor without waiting, and returns which armed directions are ready. Disarms nothing.</summary>
    public Readiness PollOne(int descriptor)
    {
        // SAFETY: the array is on the pinned object heap.
        fixed (Libc.pollfd* entry = &_entries[_places[descriptor] - 1])
        {
            return Libc.poll(entry, 1, 0) switch
            {
                0 => Readiness.None,
                > 0 => ToReadiness(entry->revents),

                // ENOMEM or EINTR: the state is unknown, so the socket has to try its calls.
                _ => Readiness.Readable | Readiness.Writable | Readiness.Exceptional,
            };
        }
    }

    /// <summary>
    /// Converts poll's bits, or a signal's band, to readiness. Errors and hang-ups are reported as both directions: the next system call
    /// returns the error.
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
        // SAFETY: the array is on the pinned object heap.
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
        entry.events &= (short)~(
            ((readiness & Readiness.Readable) != 0 ? Incoming : 0) | ((readiness & Readiness.Writable) != 0 ? Libc.POLLOUT : 0));
        if (entry.events == 0 && entry.fd >= 0)
        {
            entry.fd = ~entry.fd;
        }

        return (wanted & readiness, left);
    }

    private static Readiness Wanted(short events) => (Readiness)(events & Libc.POLLIN) | (Readiness)((events & Libc.POLLOUT) >> 1);
}
