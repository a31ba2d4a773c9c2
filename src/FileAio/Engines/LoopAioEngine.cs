using System.IO.Pipelines;
using Transport.Core;

namespace FileAio.Engines;

/// <summary>
/// Kernel AIO on the event loop of a connection, as nginx has it: completions signal the loop's own eventfd, and the loop's thread takes
/// them, continues the responses that are inline, and submits what they read next. One context for each loop, made by its first read.
/// <para>io_submit may block, and the loop has sockets to serve: after a submission that took long, a thread of the pool engine submits for
/// a while.</para>
/// <para>A loop that ends leaves its reads in flight to a thread, which waits for them and destroys the context.</para>
/// </summary>
internal sealed class LoopAioEngine : IFileEngine, IEventLoopSource
{
    // Completions of one loop iteration: 1 MiB of the default buffers, which is what h2o gives a response, so that sockets are served in
    // between. A guess.
    private const int MaxPerIteration = 8;

    private static readonly TimeSpan DrainWait = TimeSpan.FromMilliseconds(100);

    private readonly IEventLoopFeature _loop;
    private readonly int _requests;
    private readonly IFileEngine _fallback;
    private readonly ThreadPoolEngine _threads;
    private readonly CompletionQueue _completions;
    private readonly Lock _creating = new();
    private readonly ManualResetEventSlim _drained = new(initialState: true);
    private AioContext? _io;
    private int _wakeUp = -1;
    private bool _refused, _ending, _ended, _loopEnded;

    /// <param name="loop">The connection's.</param>
    /// <param name="requests">Reads in flight at most.</param>
    /// <param name="fallback">Reads where no context can be had for this loop.</param>
    /// <param name="threads">Reads what the kernel cannot queue, and submits while that is slow.</param>
    /// <param name="reads">Where reads in flight are kept.</param>
    public LoopAioEngine(IEventLoopFeature loop, int requests, IFileEngine fallback, ThreadPoolEngine threads, InFlightReads reads)
    {
        (_loop, _requests, _fallback, _threads, Reads) = (loop, requests, fallback, threads, reads);
        _completions = new CompletionQueue(() => _io!.HandOver());
    }

    public string Name => "linux-aio";

    public InFlightReads Reads { get; }

    /// <summary>Where application code of the loop's connections runs.</summary>
    public PipeScheduler Application => _loop.Application;

    public void Submit(FileRead read)
    {
        if (Context() is not { } io || !TryAdd(io, read))
        {
            _fallback.Submit(read);
            return;
        }

        if (EngineThread.Loop == this || _completions.IsDraining)
        {
            return; // submitted when the continuation returns
        }

        if (Thread.CurrentThread.IsThreadPoolThread)
        {
            io.HandOver();
        }
        else
        {
            HandOverFromLoop(io);
        }
    }

    public void TryCancel(FileRead read)
    {
        if (Volatile.Read(ref _io) is { } io && io.TryWithdraw(read))
        {
            _completions.Add(read, SysResult.Error(Errno.ECANCELED));
        }
    }

    public void Post(SendOrPostCallback work, object? state)
    {
        if (!_loop.TryPost(static posted => ((Posted)posted!).Run(), new Posted(this, work, state)))
        {
            OffEngine.PostToPool(work, state);
        }
    }

    bool IEventLoopSource.OnIteration()
    {
        if (Volatile.Read(ref _io) is not { } io)
        {
            return !Volatile.Read(ref _refused);
        }

        if (Volatile.Read(ref _ending))
        {
            StartDraining();
            return false;
        }

        if (!io.HasCompletions)
        {
            return true;
        }

        EngineThread.Enter(this);
        try
        {
            if (io.Reap(MaxPerIteration, TimeSpan.Zero, _completions.Deliver) == MaxPerIteration)
            {
                EventFd.Signal(_wakeUp); // the rest comes with the next iteration
            }

            HandOverFromLoop(io);
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
            if (_io is not null)
            {
                StartDraining();
            }
        }
    }

    /// <summary>Ends the engine, once its reads in flight have completed. Nobody may submit any more.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _ending, true);
        if (Volatile.Read(ref _io) is not null)
        {
            _ = _loop.TryPost(static _ => { }, null);
            _drained.Wait();
        }
    }

    /// <summary>Made by the first read; null where the kernel or the loop has refused one.</summary>
    private AioContext? Context()
    {
        if (Volatile.Read(ref _io) is { } known)
        {
            return known;
        }

        lock (_creating)
        {
            if (_io is not null || _refused)
            {
                return _io;
            }

            if (!_loop.TryAttach(this, out _wakeUp))
            {
                _refused = true;
                return null;
            }

            if (AioContext.TryCreate(_requests, _wakeUp, _threads, _completions.Add, out AioContext? io, out EngineRefusal refusal))
            {
                _drained.Reset();
                Volatile.Write(ref _io, io);
                if (_loopEnded)
                {
                    StartDraining();
                }

                return io;
            }

            Diagnostics.FileMetrics.Fallback(refusal.Call);
            Volatile.Write(ref _refused, true);
            Unistd.Close(_wakeUp);
            return null;
        }
    }

    private bool TryAdd(AioContext io, FileRead read)
    {
        lock (io.Gate)
        {
            if (_ended)
            {
                return false;
            }

            io.Add(read);
            return true;
        }
    }

    private void HandOverFromLoop(AioContext io)
    {
        if (!io.TryHandOver())
        {
            _threads.Post(static io => ((AioContext)io!).HandOver(), io);
        }
    }

    private void StartDraining()
    {
        if (EngineThread.TryStart("aio drain", Drain) is null)
        {
            PoolQueue.Add(static engine => engine.Drain(), this, preferLocal: false);
        }
    }

    /// <summary>Waits for what is in flight; continuations run on the thread pool.</summary>
    private void Drain()
    {
        AioContext io = _io!;
        while (true)
        {
            lock (io.Gate)
            {
                _ended = io.IsIdle;
                if (_ended)
                {
                    break;
                }
            }

            io.HandOver();
            io.Reap(MaxPerIteration, DrainWait, _completions.Add);
        }

        io.Dispose();
        Unistd.Close(_wakeUp);
        _drained.Set();
    }

    /// <summary>What was posted, on the loop's thread.</summary>
    private sealed class Posted(LoopAioEngine engine, SendOrPostCallback work, object? state)
    {
        public void Run()
        {
            EngineThread.Enter(engine);
            try
            {
                work(state);
                if (Volatile.Read(ref engine._io) is { } io)
                {
                    engine.HandOverFromLoop(io);
                }
            }
            finally
            {
                EngineThread.Exit();
            }
        }
    }
}
