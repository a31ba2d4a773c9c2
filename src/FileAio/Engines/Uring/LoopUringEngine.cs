using System.IO.Pipelines;
using FileAio.Threads;
using Transport.Core;

namespace FileAio.Engines.Uring;

/// <summary>
/// io_uring on the event loop of a connection, whatever the loop's own model is. Completions signal the loop's eventfd. The loop's thread
/// reaps them, runs inline continuations, and submits their next reads. Each loop has one ring, created by its first operation.
/// </summary>
/// <remarks>
/// <para>Only the loop submits, since the kernel binds an operation to the thread that has submitted it. The loop may move to another
/// thread meanwhile: the ring is not bound to one.</para>
/// <para>When a loop ends, a thread cancels its operations in flight, waits for them, and closes the ring.</para>
/// </remarks>
internal sealed class LoopUringEngine : IOpenEngine, ILoopEngine, IEventLoopSource
{
    // The completions per loop iteration. The guess of LoopAioEngine.
    private const int MaxPerIteration = 8;

    // The pause when the kernel accepts no operation: the machine is short of memory.
    private static readonly TimeSpan Shortage = TimeSpan.FromMilliseconds(1);

    // Between looks at a ring that ends.
    private static readonly TimeSpan DrainWait = TimeSpan.FromMilliseconds(5);

    private readonly IEventLoopFeature _loop;
    private readonly UringSetup _setup;
    private readonly IOpenEngine _fallback;
    private readonly IFileEngine _threads;
    private readonly CompletionQueue _completions = new();
    private readonly Lock _creating = new();
    private readonly ManualResetEventSlim _drained = new(initialState: true);
    private readonly Action<IRingOperation, SysResult> _deliver, _refuse;
    private FileRing? _ring;
    private int _wakeUp = -1, _isSubmitPosted;
    private bool _refused, _ending, _draining, _ended, _loopEnded;

    /// <param name="loop">The connection's event loop.</param>
    /// <param name="setup">The size of the ring.</param>
    /// <param name="fallback">The engine that is used if this loop cannot have a ring.</param>
    /// <param name="threads">The engine for reads that the kernel cannot queue.</param>
    /// <param name="reads">The registry of reads in flight.</param>
    public LoopUringEngine(IEventLoopFeature loop, UringSetup setup, IOpenEngine fallback, IFileEngine threads, InFlightReads reads)
    {
        (_loop, _setup, _fallback, _threads, Reads) = (loop, setup, fallback, threads, reads);
        (_deliver, _refuse) = (Deliver, Refuse);
    }

    public string Name => UringSetup.Name;

    public InFlightReads Reads { get; }

    public PipeScheduler Application => _loop.Application;

    public void Submit(FileRead read)
    {
        if (Ring() is not { } ring || !TryAdd(ring, read, out bool isFull))
        {
            read.PassTo(_fallback);
        }
        else if (isFull)
        {
            _completions.Add(read, SysResult.Error(Errno.EAGAIN));
        }
        else
        {
            RequestSubmit();
        }
    }

    public bool CanOpen => Ring() is { } ring ? !ring.IsLost : _fallback.CanOpen;

    public bool TryOpen(RingOpen open)
    {
        if (Ring() is not { } ring || !TryAdd(ring, open, out bool isFull))
        {
            open.PassedTo = _fallback;
            return _fallback.TryOpen(open);
        }

        if (isFull)
        {
            return false;
        }

        RequestSubmit();
        return true;
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
        if (open.PassedTo is { } other)
        {
            other.TryCancel(open);
        }
        else if (TryWithdraw(open))
        {
            open.Refuse();
        }
    }

    public void Post(SendOrPostCallback work, object? state)
    {
        if (!_loop.TryPost(static posted => ((Posted)posted!).Run(), new Posted(this, work, state)))
        {
            PoolQueue.Post(work, state);
        }
    }

    bool IEventLoopSource.OnIteration()
    {
        if (Volatile.Read(ref _ring) is not { } ring)
        {
            return !Volatile.Read(ref _refused);
        }

        if (Volatile.Read(ref _ending))
        {
            StartDraining();
            return false;
        }

        if (!ring.HasCompletions)
        {
            return true;
        }

        EngineThread.Enter(this);
        try
        {
            if (ring.Reap(MaxPerIteration, _deliver) == MaxPerIteration)
            {
                EventFd.Signal(_wakeUp); // the rest is reaped in the next iteration
            }

            SubmitFromLoop(ring);
        }
        finally
        {
            EngineThread.Exit();
        }

        return true;
    }

    void IEventLoopSource.OnLoopEnded()
    {
        lock (_creating)
        {
            _loopEnded = true;
            if (_ring is not null)
            {
                StartDraining();
            }
        }
    }

    /// <summary>Ends the engine after its operations in flight have completed. None may be submitted afterwards.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _ending, true);
        if (Volatile.Read(ref _ring) is not null)
        {
            _ = _loop.TryPost(static _ => { }, null);
            _drained.Wait();
        }
    }

    /// <summary>The ring, created by the first operation; null if the kernel or the loop has refused one.</summary>
    private FileRing? Ring()
    {
        if (Volatile.Read(ref _ring) is { } known)
        {
            return known;
        }

        lock (_creating)
        {
            if (_ring is not null || _refused)
            {
                return _ring;
            }

            if (!_loop.TryAttach(this, out _wakeUp))
            {
                _refused = true;
                return null;
            }

            if (_setup.TryCreateRing(_wakeUp, out FileRing? ring, out _))
            {
                _drained.Reset();
                Volatile.Write(ref _ring, ring);
                if (_loopEnded)
                {
                    StartDraining();
                }

                return ring;
            }

            Diagnostics.FileMetrics.Fallback("io_uring_setup");
            Volatile.Write(ref _refused, true);
            Unistd.Close(_wakeUp);
            return null;
        }
    }

    /// <summary>Returns false if the ring accepts no operation any more.</summary>
    private bool TryAdd(FileRing ring, IRingOperation operation, out bool isFull)
    {
        isFull = false;
        lock (ring.Gate)
        {
            if (_ended || ring.IsLost)
            {
                return false;
            }

            isFull = !ring.TryAdd(operation);
            return true;
        }
    }

    private bool TryWithdraw(IRingOperation operation)
    {
        if (Volatile.Read(ref _ring) is not { } ring)
        {
            return false;
        }

        lock (ring.Gate)
        {
            if (ring.TryWithdraw(operation))
            {
                return true;
            }
        }

        RequestSubmit();
        return false;
    }

    /// <summary>Has the loop submit. While it delivers completions, it submits afterwards anyway.</summary>
    private void RequestSubmit()
    {
        if (EngineThread.Loop != this && Interlocked.Exchange(ref _isSubmitPosted, 1) == 0)
        {
            _ = _loop.TryPost(static engine => ((LoopUringEngine)engine!).SubmitPosted(), this);
        }
    }

    private void SubmitPosted()
    {
        Interlocked.Exchange(ref _isSubmitPosted, 0); // before the operations are taken: who adds one later posts again
        if (!Volatile.Read(ref _draining))
        {
            SubmitFromLoop(_ring!);
        }
    }

    private void SubmitFromLoop(FileRing ring)
    {
        if (!ring.Submit(_refuse))
        {
            _threads.Post(static engine =>
            {
                Thread.Sleep(Shortage);
                ((LoopUringEngine)engine!).RequestSubmit();
            }, this);
        }
    }

    private void Deliver(IRingOperation operation, SysResult result)
    {
        if (operation is RingOpen open)
        {
            Application.Schedule(static open => ((RingOpen)open!).Complete(), open);
        }
        else if (UringSetup.IsShortage(result))
        {
            ((FileRead)operation).PassTo(_threads);
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
            read.PassTo(_threads);
        }
        else
        {
            PoolQueue.Add(static open => open.Refuse(), (RingOpen)operation, preferLocal: false);
        }
    }

    /// <summary>The loop, or its last thread, calls this: afterwards only the drain uses the ring.</summary>
    private void StartDraining()
    {
        Volatile.Write(ref _draining, true);
        if (EngineThread.TryStart("aio drain", Drain) is null)
        {
            PoolQueue.Add(static engine => engine.Drain(), this, preferLocal: false);
        }
    }

    /// <summary>Cancels the operations and waits for those in flight. Continuations run on the thread pool.</summary>
    private void Drain()
    {
        FileRing ring = _ring!;
        while (true)
        {
            List<IRingOperation> withdrawn;
            lock (ring.Gate)
            {
                _ended = ring.IsIdle;
                if (_ended)
                {
                    break;
                }

                withdrawn = ring.CancelAll();
            }

            withdrawn.ForEach(operation => DeliverToPool(operation, SysResult.Error(Errno.ECANCELED)));
            _ = ring.Submit(_refuse);
            while (ring.Reap(MaxPerIteration, DeliverToPool) > 0)
            {
            }

            Thread.Sleep(DrainWait);
        }

        ring.Dispose();
        Unistd.Close(_wakeUp);
        _drained.Set();
    }

    private void DeliverToPool(IRingOperation operation, SysResult result)
    {
        if (operation is FileRead read)
        {
            _completions.Add(read, result);
        }
        else
        {
            PoolQueue.Add(static open => open.Complete(), (RingOpen)operation, preferLocal: false);
        }
    }

    /// <summary>Runs posted work on the loop's thread.</summary>
    private sealed class Posted(LoopUringEngine engine, SendOrPostCallback work, object? state)
    {
        public void Run()
        {
            EngineThread.Enter(engine);
            try
            {
                work(state);
                if (Volatile.Read(ref engine._ring) is { } ring && !Volatile.Read(ref engine._draining))
                {
                    engine.SubmitFromLoop(ring);
                }
            }
            finally
            {
                EngineThread.Exit();
            }
        }
    }
}
