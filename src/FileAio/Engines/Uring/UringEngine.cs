using System.Diagnostics.CodeAnalysis;
using FileAio.Threads;

namespace FileAio.Engines.Uring;

/// <summary>
/// io_uring with one thread, which submits operations, reaps completions and runs inline continuations. Used for connections without an
/// event loop of this project; see <see cref="LoopUringEngine"/>.
/// </summary>
internal sealed class UringEngine : IOpenEngine
{
    // Operations that continuations start are submitted in batches, but the disk must not idle meanwhile. The guess of LinuxAioEngine.
    private const int SubmitEvery = 8, MaxPerRound = 64;

    // The pause when the kernel accepts no operation: the machine is short of memory.
    private static readonly TimeSpan Shortage = TimeSpan.FromMilliseconds(1);

    private readonly int _eventFd;
    private readonly IFileEngine _fallback;
    private readonly CompletionQueue _completions;
    private readonly PostedWork _posted = new();
    private readonly FileRing _ring;
    private Thread? _thread;
    private bool _awake, _disposed, _ended;

    private UringEngine(int eventFd, FileRing ring, IFileEngine fallback, InFlightReads reads)
    {
        (_eventFd, _ring, _fallback, Reads) = (eventFd, ring, fallback, reads);
        _completions = new CompletionQueue();
    }

    public string Name => UringSetup.Name;

    public InFlightReads Reads { get; }

    /// <summary>The maximum number of operations in flight.</summary>
    public int Requests => _ring.Requests;

    private Lock Gate => _ring.Gate;

    /// <summary>Creates the engine.</summary>
    /// <param name="setup">The size of the ring.</param>
    /// <param name="fallback">The engine for reads that the kernel cannot queue. It is not disposed with this engine.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="refusal">Why it cannot be created, as a sentence.</param>
    /// <param name="start">Starts a thread.</param>
    /// <param name="reads">The registry of reads in flight, if several engines share one; null for a separate one.</param>
    public static bool TryCreate(
        UringSetup setup, IFileEngine fallback, [NotNullWhen(true)] out UringEngine? engine, out string refusal,
        ThreadStarter? start = null, InFlightReads? reads = null)
    {
        engine = null;
        SysResult eventFd = EventFd.Create(0);
        if (eventFd.IsError)
        {
            refusal = "eventfd: " + eventFd.Describe();
            return false;
        }

        if (!setup.TryCreateRing((int)eventFd.Value, out FileRing? ring, out refusal))
        {
            Unistd.Close((int)eventFd.Value);
            return false;
        }

        UringEngine made = new UringEngine((int)eventFd.Value, ring, fallback, reads ?? new InFlightReads());
        made._thread = (start ?? EngineThread.TryStart)("aio ring", made.Run);
        if (made._thread is null)
        {
            made.Dispose();
            refusal = "pthread_create: " + SysResult.Error(Errno.EAGAIN).Describe();
            return false;
        }

        engine = made;
        return true;
    }

    public void Submit(FileRead read)
    {
        bool isClosed;
        lock (Gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            isClosed = _ring.IsLost;
            if (!isClosed && _ring.TryAdd(read))
            {
                WakeUp();
                return;
            }
        }

        if (isClosed)
        {
            read.PassTo(_fallback);
        }
        else
        {
            _completions.Add(read, SysResult.Error(Errno.EAGAIN));
        }
    }

    public bool CanOpen => !_ring.IsLost;

    public bool TryOpen(RingOpen open)
    {
        lock (Gate)
        {
            if (_disposed || _ring.IsLost || !_ring.TryAdd(open))
            {
                return false;
            }

            WakeUp();
            return true;
        }
    }

    public void TryCancel(FileRead read)
    {
        if (TryWithdraw(read))
        {
            _completions.Add(read, SysResult.Error(Errno.ECANCELED));
        }
    }

    public void TryCancel(RingOpen open)
    {
        if (TryWithdraw(open))
        {
            open.Refuse();
        }
    }

    public void Post(SendOrPostCallback work, object? state)
    {
        lock (Gate)
        {
            if (!_ended)
            {
                _posted.Add(work, state);
                WakeUp();
                return;
            }
        }

        PoolQueue.Post(work, state);
    }

    /// <summary>Cancels what is in flight, waits for it, and ends the thread. No operation may be submitted afterwards.</summary>
    public void Dispose()
    {
        List<IRingOperation> withdrawn;
        lock (Gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            withdrawn = _ring.CancelAll();
            EventFd.Signal(_eventFd);
        }

        foreach (IRingOperation operation in withdrawn)
        {
            if (operation is FileRead read)
            {
                _completions.Add(read, SysResult.Error(Errno.ECANCELED)); // inline ones too: this is not the engine's thread
            }
            else
            {
                Deliver(operation, default);
            }
        }

        _thread?.Join();
        _ring.Dispose();
        Unistd.Close(_eventFd);
    }

    /// <summary>Wakes the thread if it waits. Requires <see cref="Gate"/>, in which the thread also ends.</summary>
    private void WakeUp()
    {
        if (!_awake)
        {
            _awake = true;
            EventFd.Signal(_eventFd);
        }
    }

    private bool TryWithdraw(IRingOperation operation)
    {
        lock (Gate)
        {
            bool withdrawn = _ring.TryWithdraw(operation);
            if (!withdrawn && !_ended)
            {
                WakeUp();
            }

            return withdrawn;
        }
    }

    /// <summary>
    /// The thread: reaps completions, runs posted work, submits what both have started, and then waits for the eventfd. Completions always
    /// signal it; other threads do only while the thread waits, because it checks once more before it waits.
    /// </summary>
    private void Run()
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
            bool accepted = _ring.Submit(Refuse);
            lock (Gate)
            {
                _ended = _disposed && _ring.IsIdle && _posted.Count == 0;
                if (_ended)
                {
                    return;
                }

                _awake = mayHaveMore || ran || _posted.Count > 0 || _ring.CanSubmit;
                if (_awake && accepted)
                {
                    continue;
                }
            }

            if (!accepted)
            {
                Thread.Sleep(Shortage);
                continue;
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
        for (int reaped = 0; reaped < MaxPerRound; reaped += SubmitEvery)
        {
            if (!_ring.HasCompletions || _ring.Reap(SubmitEvery, Deliver) < SubmitEvery)
            {
                return false;
            }

            _ = _ring.Submit(Refuse);
        }

        return true;
    }

    private void Deliver(IRingOperation operation, SysResult result)
    {
        if (operation is RingOpen open)
        {
            PoolQueue.Add(static open => open.Complete(), open, preferLocal: false);
        }
        else if (UringSetup.IsShortage(result))
        {
            ((FileRead)operation).PassTo(_fallback);
        }
        else
        {
            _completions.Deliver((FileRead)operation, result);
        }
    }

    private void Refuse(IRingOperation operation, SysResult reason)
    {
        if (operation is FileRead read)
        {
            read.PassTo(_fallback);
        }
        else
        {
            PoolQueue.Add(static open => open.Refuse(), (RingOpen)operation, preferLocal: false);
        }
    }
}
