using System.Diagnostics.CodeAnalysis;
using FileAio.Threads;

namespace FileAio.Engines.KernelAio;

/// <summary>
/// Kernel AIO with two threads of its own. One reaps completions, runs inline continuations and submits their next reads. The other submits
/// for threads that must not block. Used for connections without an event loop of this project; see <see cref="LoopAioEngine"/>.
/// </summary>
internal sealed class LinuxAioEngine : IFileEngine
{
    // Reads that continuations start are submitted in batches, but the disk must not idle meanwhile. A guess.
    private const int HandOverEvery = 8;

    private readonly int _eventFd;
    private readonly CompletionQueue _completions;
    private readonly PostedWork _posted = new();
    private readonly SemaphoreSlim _submitterWakeUp = new(0);
    private AioContext _io = null!; // set by TryCreate, before any thread starts
    private Thread? _loop, _submitter;
    private bool _awake, _disposed, _ended;

    private LinuxAioEngine(int eventFd, InFlightReads reads)
    {
        (_eventFd, Reads) = (eventFd, reads);
        _completions = new CompletionQueue(() => _io.SubmitWaiting());
    }

    public string Name => "linux-aio";

    public InFlightReads Reads { get; }

    /// <summary>The maximum number of reads in flight.</summary>
    public int Requests => _io.Requests;

    private Lock Gate => _io.Gate;

    /// <summary>Creates the engine for <paramref name="requests"/> reads in flight, or for fewer.</summary>
    /// <param name="requests">The maximum number of reads in flight.</param>
    /// <param name="fallback">The engine for reads that the kernel cannot queue. It is not disposed with this engine.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="refusal">The failed call, if the engine cannot be created.</param>
    /// <param name="start">Starts a thread.</param>
    /// <param name="reads">The registry of reads in flight, if several engines share one; null for a separate one.</param>
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
            return; // SubmitWaiting follows
        }

        if (current.IsThreadPoolThread)
        {
            _io.SubmitWaiting();
        }
        else
        {
            _submitterWakeUp.Release();
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
                    EventFd.Signal(_eventFd); // under the lock, in which the loop also ends, so the eventfd is still open
                }

                _awake = true;
                return;
            }
        }
        PoolQueue.Post(work, state);
    }

    private void SubmitLoop()
    {
        while (true)
        {
            _submitterWakeUp.Wait();
            if (Volatile.Read(ref _disposed))
            {
                return;
            }

            _io.SubmitWaiting();
        }
    }

    /// <summary>
    /// The loop: reaps completions, runs posted work, submits the reads that both have started, and then waits for the eventfd. Other
    /// threads signal the eventfd only while the loop waits, because it checks once more before it waits.
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
                // Completions always signal the eventfd.
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

    /// <summary>Reaps up to one batch of completions and runs inline continuations. Returns true if there may be more.</summary>
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

    /// <summary>Submits the loop's reads on the loop's thread. If that takes long, the submitter does it for a while.</summary>
    private void HandOverFromLoop()
    {
        if (Volatile.Read(ref _disposed))
        {
            _io.SubmitWaiting();
        }
        else if (!_io.TrySubmitWaiting())
        {
            _submitterWakeUp.Release();
        }
    }

    /// <summary>
    /// Ends the threads after the reads in flight have completed, and destroys the context. No read may be submitted afterwards.
    /// </summary>
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
        _submitterWakeUp.Release();
        _submitter?.Join();
        EventFd.Signal(_eventFd);
        _loop?.Join();
        _io.Dispose();
        Unistd.Close(_eventFd);
    }
}
