using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using FileAio.Interop;

namespace FileAio.Engines;

/// <summary>
/// Kernel AIO: io_setup, io_submit, io_getevents, io_cancel, io_destroy.
/// <para>a. io_submit is asynchronous for O_DIRECT only; on a buffered descriptor it reads then and there. Only direct descriptors come
/// here.</para>
/// <para>b. Even then it blocks: on dirty pages in the range (5–7 ms), on an extent tree not yet read, past the device's queue (3.5 ms at
/// 300 in flight). So it runs on threads that own no socket (the pool's, this engine's loop and its submitter), and reads in flight are
/// bounded.</para>
/// <para>c. io_setup counts against fs.aio-max-nr, system-wide, and io_destroy takes some 40 ms even when idle: one context, for the life
/// of the process.</para>
/// <para>d. What is wrong with a read (alignment, EIO) comes in its event, not from io_submit. io_submit stops at the first block that it
/// refuses.</para>
/// <para>e. io_cancel answers EINVAL for every read of a file: they complete, and until then the buffer is the kernel's.</para>
/// <para>f. io_getevents waits for completions and for nothing else. So each block names an eventfd (IOCB_FLAG_RESFD, 2.6.22) which
/// completions ring, and others too: one thread reaps, goes on with the responses that are inline, and hands over what they read
/// next.</para>
/// </summary>
internal sealed class LinuxAioEngine : IFileEngine
{
    private const int LeastRequests = 16;

    // Reads that continuations start are handed to the kernel together, but the disk must not idle meanwhile. A guess.
    private const int HandOverEvery = 8;

    // Normal is 3 µs a read, and 64 at most; what blocks takes 5 ms. A guess between the two.
    private static readonly TimeSpan SlowHandOver = TimeSpan.FromMilliseconds(2);

    // A tenth of a second, in Stopwatch's ticks. A guess: some hundred reads of one that is slow, after which it is tried again.
    private static readonly long SlowFor = Stopwatch.Frequency / 10;

    private readonly nint _context;
    private readonly IocbTable _table;
    private readonly Lock _gate = new();
    private readonly WaitingQueue<FileRead> _waiting = new();
    private readonly PostedWork _posted = new();
    private readonly IFileEngine _fallback;
    private readonly CompletionQueue _completions;
    private readonly int _bell;
    private readonly SemaphoreSlim _submitterBell = new(0);
    private Thread? _loop, _submitter;
    private long _handOverElsewhereUntil;
    private bool _awake, _disposed, _ended;

    private LinuxAioEngine(nint context, int requests, int bell, IFileEngine fallback)
    {
        _context = context;
        _bell = bell;
        _table = new IocbTable(requests, bell);
        _fallback = fallback;
        _completions = new CompletionQueue(HandOver);
    }

    /// <summary>
    /// Sets the engine up with room for <paramref name="requests"/> reads in flight, or for fewer (not under 16) where fs.aio-max-nr is
    /// nearly used up.
    /// </summary>
    /// <param name="requests">Reads in flight at most.</param>
    /// <param name="fallback">Takes the reads that the kernel cannot queue. Not disposed with this engine.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="refusal">What failed where the engine cannot be set up.</param>
    /// <param name="start">Starts a thread.</param>
    public static bool TryCreate(
        int requests, IFileEngine fallback, [NotNullWhen(true)] out LinuxAioEngine? engine, out EngineRefusal refusal, ThreadStarter? start = null)
    {
        engine = null;
        SysResult reason;
        nint context;
        while ((reason = Libc.IoSetup(requests, out context)).Value == -Errno.EAGAIN && requests > LeastRequests)
        {
            requests = Math.Max(LeastRequests, requests / 2);
        }

        refusal = new EngineRefusal("io_setup", reason);
        if (reason.IsError)
        {
            return false;
        }

        SysResult bell = EventFd.Create(0);
        refusal = new EngineRefusal("eventfd", bell);
        if (bell.IsError)
        {
            Libc.IoDestroy(context);
            return false;
        }
        LinuxAioEngine made = new LinuxAioEngine(context, requests, (int)bell.Value, fallback);
        if (!made.TryStart(start ?? EngineThread.TryStart))
        {
            made.Dispose();
            refusal = new EngineRefusal("pthread_create", SysResult.Error(Errno.EAGAIN));
            return false;
        }
        engine = made;
        return true;
    }

    private bool TryStart(ThreadStarter start) =>
        (_submitter = start("aio submit", SubmitLoop)) is not null && (_loop = start("aio loop", Loop)) is not null;

    public string Name => "linux-aio";

    public InFlightReads Reads { get; } = new();

    /// <summary>The most reads that the kernel holds at a time.</summary>
    public int Requests => _table.Capacity;

    public void Submit(FileRead read)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _waiting.Append(read);
        }
        Thread current = Thread.CurrentThread;
        if (current == _loop || _completions.IsDraining)
        {
            return; // HandOver follows
        }

        if (current.IsThreadPoolThread)
        {
            HandOver();
        }
        else
        {
            _submitterBell.Release();
        }
    }

    public void TryCancel(FileRead read)
    {
        bool waiting;
        lock (_gate)
        {
            waiting = _waiting.Remove(read);
            if (!waiting && read.Slot >= 0)
            {
                _table.Cancel(_context, read.Slot);
            }
        }
        if (waiting)
        {
            _completions.Add(read, SysResult.Error(Errno.ECANCELED));
        }
    }

    public void Post(SendOrPostCallback work, object? state)
    {
        lock (_gate)
        {
            if (!_ended)
            {
                _posted.Add(work, state);
                if (!_awake)
                {
                    EventFd.Signal(_bell); // under the lock, where the loop ends too: the eventfd is still open
                }

                _awake = true;
                return;
            }
        }
        OffEngine.PostToPool(work, state);
    }

    private void SubmitLoop()
    {
        while (true)
        {
            _submitterBell.Wait();
            if (Volatile.Read(ref _disposed))
            {
                return;
            }

            HandOver();
        }
    }

    /// <summary>Hands what waits to the kernel, as far as there is room; completions make more.</summary>
    private void HandOver()
    {
        Span<int> slots = stackalloc int[IocbTable.Batch];
        while (true)
        {
            int count = 0;
            lock (_gate)
            {
                while (count < slots.Length && _table.HasRoom && _waiting.TryTake(out FileRead? read))
                {
                    slots[count++] = _table.Prepare(read);
                }
            }
            if (count == 0)
            {
                return;
            }

            if (!SubmitAll(slots[..count]))
            {
                return;
            }
        }
    }

    /// <summary>False where the kernel takes no more for now.</summary>
    private bool SubmitAll(Span<int> slots)
    {
        while (slots.Length > 0)
        {
            SysResult accepted = _table.Submit(_context, slots);
            if (!accepted.IsError && accepted.Value > 0)
            {
                slots = slots[(int)accepted.Value..];
            }
            else if (accepted.Value is 0 or -Errno.EAGAIN)
            {
                GiveBack(slots);
                return false;
            }
            else
            {
                // The error is the first block's alone: fail it, and go on with the rest.
                _completions.Add(TakeBack(slots[0]), accepted);
                slots = slots[1..];
            }
        }
        return true;
    }

    /// <summary>
    /// The kernel is full. Where completions will make room the reads wait for it, in their order; else nobody would wake them, and the
    /// fallback reads. So does what another thread has given back meanwhile: it counted on completions of these.
    /// </summary>
    private void GiveBack(Span<int> slots)
    {
        List<FileRead> reads;
        lock (_gate)
        {
            for (int i = slots.Length - 1; i >= 0; i--)
            {
                _waiting.Prepend(_table.Release(slots[i]));
            }

            if (_table.InFlight > 0)
            {
                return;
            }

            reads = _waiting.TakeAll();
        }

        foreach (FileRead read in reads)
        {
            _fallback.Submit(read);
        }
    }

    private FileRead TakeBack(int slot)
    {
        lock (_gate)
        {
            return _table.Release(slot);
        }
    }

    /// <summary>
    /// Completions, what was posted, and what both have submitted; then the bell. Whoever rings while the loop is awake need not: it looks
    /// once more before it waits.
    /// </summary>
    private void Loop()
    {
        while (true)
        {
            int reaped = Reap();
            bool ran;
            lock (_gate)
            {
                ran = _posted.Count > 0;
                _posted.Take();
            }
            _posted.Run();
            HandOverFromLoop();
            lock (_gate)
            {
                // Completions ring by themselves, awake or not.
                _awake = reaped == IocbTable.Batch || ran || _posted.Count > 0;
                _ended = _disposed && _table.InFlight == 0 && _waiting.Count == 0 && _posted.Count == 0;
                if (_ended)
                {
                    return;
                }

                if (_awake)
                {
                    continue;
                }
            }
            SysResult rung = EventFd.Drain(_bell);
            if (rung.IsError && rung.Errno != Errno.EINTR)
            {
                throw rung.ToException("read of an eventfd");
            }

            lock (_gate)
            {
                _awake = true;
            }
        }
    }

    /// <summary>Takes up to a batch of completions, and goes on with those that are inline.</summary>
    private unsafe int Reap()
    {
        Libc.io_event* events = stackalloc Libc.io_event[IocbTable.Batch];
        int got = (int)Libc.IoGetEvents(_context, IocbTable.Batch, events).ThrowIfError("io_getevents");
        for (int i = 0; i < got; i++)
        {
            _completions.Deliver(TakeBack((int)events[i].data), new SysResult((nint)events[i].res));
            if ((i + 1) % HandOverEvery == 0)
            {
                HandOverFromLoop();
            }
        }
        return got;
    }

    /// <summary>
    /// What the loop has to submit it submits itself, until that takes long (dirty pages, an extent tree not in memory): for a while the
    /// submitter then waits in its stead.
    /// </summary>
    private void HandOverFromLoop()
    {
        long now = Stopwatch.GetTimestamp();
        if (now < _handOverElsewhereUntil && !Volatile.Read(ref _disposed))
        {
            bool any;
            lock (_gate)
            {
                any = _waiting.Count > 0;
            }

            if (any)
            {
                _submitterBell.Release();
            }

            return;
        }
        HandOver();
        if (Stopwatch.GetElapsedTime(now) > SlowHandOver)
        {
            _handOverElsewhereUntil = Stopwatch.GetTimestamp() + SlowFor;
        }
    }

    /// <summary>Ends the threads, once the reads in flight have completed, and then the context. Nobody may submit any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }
        _submitterBell.Release();
        _submitter?.Join();
        EventFd.Signal(_bell);
        _loop?.Join();
        Libc.IoDestroy(_context);
        Unistd.Close(_bell);
        _table.Dispose();
    }
}
