using System.Diagnostics.CodeAnalysis;

namespace FileAio.Engines;

/// <summary>
/// Kernel AIO with threads of its own: one takes completions, continues the responses that are inline and submits what they read next; a
/// second submits for threads that must not block. For connections that have no event loop of this project; see
/// <see cref="LoopAioEngine"/>.
/// </summary>
internal sealed class LinuxAioEngine : IFileEngine
{
    // Reads that continuations start are handed to the kernel together, but the disk must not idle meanwhile. A guess.
    private const int HandOverEvery = 8;

    private readonly int _eventFd;
    private readonly CompletionQueue _completions;
    private readonly PostedWork _posted = new();
    private readonly SemaphoreSlim _submitterBell = new(0);
    private AioContext _io = null!; // set by TryCreate, before any thread starts
    private Thread? _loop, _submitter;
    private bool _awake, _disposed, _ended;

    private LinuxAioEngine(int eventFd, InFlightReads reads)
    {
        (_eventFd, Reads) = (eventFd, reads);
        _completions = new CompletionQueue(() => _io.HandOver());
    }

    public string Name => "linux-aio";

    public InFlightReads Reads { get; }

    /// <summary>The most reads that the kernel holds at a time.</summary>
    public int Requests => _io.Requests;

    private Lock Gate => _io.Gate;

    /// <summary>Sets the engine up with room for <paramref name="requests"/> reads in flight, or for fewer.</summary>
    /// <param name="requests">Reads in flight at most.</param>
    /// <param name="fallback">Takes the reads that the kernel cannot queue. Not disposed with this engine.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="refusal">What failed where the engine cannot be set up.</param>
    /// <param name="start">Starts a thread.</param>
    /// <param name="reads">Where reads in flight are kept, to be shared by several engines; null for the engine's own.</param>
    public static bool TryCreate(
        int requests, IFileEngine fallback, [NotNullWhen(true)] out LinuxAioEngine? engine, out EngineRefusal refusal,
        ThreadStarter? start = null, InFlightReads? reads = null)
    {
        engine = null;
        SysResult eventFd = EventFd.Create(0);
        refusal = new EngineRefusal("eventfd", eventFd);
        if (eventFd.IsError)
        {
            return false;
        }

        LinuxAioEngine made = new LinuxAioEngine((int)eventFd.Value, reads ?? new InFlightReads());
        if (!AioContext.TryCreate(requests, made._eventFd, fallback, made._completions.Add, out AioContext? io, out refusal))
        {
            Unistd.Close(made._eventFd);
            return false;
        }

        made._io = io;
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

    public void Submit(FileRead read)
    {
        lock (Gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _io.Add(read);
        }
        Thread current = Thread.CurrentThread;
        if (current == _loop || _completions.IsDraining)
        {
            return; // HandOver follows
        }

        if (current.IsThreadPoolThread)
        {
            _io.HandOver();
        }
        else
        {
            _submitterBell.Release();
        }
    }

    public void TryCancel(FileRead read)
    {
        if (_io.TryWithdraw(read))
        {
            _completions.Add(read, SysResult.Error(Errno.ECANCELED));
        }
    }

    public void Post(SendOrPostCallback work, object? state)
    {
        lock (Gate)
        {
            if (!_ended)
            {
                _posted.Add(work, state);
                if (!_awake)
                {
                    EventFd.Signal(_eventFd); // under the lock, where the loop ends too: the eventfd is still open
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

            _io.HandOver();
        }
    }

    /// <summary>
    /// Completions, what was posted, and what both have submitted; then the eventfd. Whoever would signal it while the loop is awake need
    /// not: it looks once more before it waits.
    /// </summary>
    private void Loop()
    {
        while (true)
        {
            bool mayHaveMore = Reap();
            bool ran;
            lock (Gate)
            {
                ran = _posted.Count > 0;
                _posted.Take();
            }
            _posted.Run();
            HandOverFromLoop();
            lock (Gate)
            {
                // Completions signal by themselves, awake or not.
                _awake = mayHaveMore || ran || _posted.Count > 0;
                _ended = _disposed && _io.IsIdle && _posted.Count == 0;
                if (_ended)
                {
                    return;
                }

                if (_awake)
                {
                    continue;
                }
            }
            SysResult signalled = EventFd.Drain(_eventFd);
            if (signalled.IsError && signalled.Errno != Errno.EINTR)
            {
                throw signalled.ToException("read of an eventfd");
            }

            lock (Gate)
            {
                _awake = true;
            }
        }
    }

    /// <summary>
    /// Takes up to a batch of completions, and goes on with those that are inline; true where there may be more.
    /// </summary>
    private bool Reap()
    {
        for (int reaped = 0; reaped < IocbTable.Batch; reaped += HandOverEvery)
        {
            if (!_io.HasCompletions || _io.Reap(HandOverEvery, TimeSpan.Zero, _completions.Deliver) < HandOverEvery)
            {
                return false;
            }

            HandOverFromLoop();
        }

        return true;
    }

    /// <summary>What the loop has to submit it submits itself, until that takes long: for a while the submitter then waits instead.</summary>
    private void HandOverFromLoop()
    {
        if (Volatile.Read(ref _disposed))
        {
            _io.HandOver();
        }
        else if (!_io.TryHandOver())
        {
            _submitterBell.Release();
        }
    }

    /// <summary>Ends the threads, once the reads in flight have completed, and then the context. Nobody may submit any more.</summary>
    public void Dispose()
    {
        lock (Gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }
        _submitterBell.Release();
        _submitter?.Join();
        EventFd.Signal(_eventFd);
        _loop?.Join();
        _io.Dispose();
        Unistd.Close(_eventFd);
    }
}
