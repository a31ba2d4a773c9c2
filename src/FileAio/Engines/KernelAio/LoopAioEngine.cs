using System.IO.Pipelines;
using FileAio.Threads;
using Transport.Core;

namespace FileAio.Engines.KernelAio;

/// <summary>
/// Kernel AIO on the event loop of a connection, as in nginx. Completions signal the loop's eventfd. The loop's thread reaps them, runs
/// inline continuations, and submits their next reads. Each loop has one context, created by its first read.
/// </summary>
/// <remarks>
/// <para>io_submit may block, and the loop has sockets to serve. So after a slow submission, a thread of the pool engine submits for a
/// while.</para>
/// <para>When a loop ends, a thread waits for its reads in flight and destroys the context.</para>
/// </remarks>
internal sealed class LoopAioEngine : IFileEngine, ILoopEngine, IEventLoopSource
{
    // The completions per loop iteration, and their bytes: h2o's limit for a response, so that sockets are served in between. Guesses.
    private const int MaxPerIteration = 8;
    private const long MaxBytesPerIteration = 1 << 20;

    // Few at a time, because the reads that continuations start are submitted afterwards: the device would idle while 4 MiB are sent.
    private const int MaxPerReap = 2;

    private static readonly TimeSpan DrainWait = TimeSpan.FromMilliseconds(100);

    private readonly IEventLoopFeature _loop;
    private readonly int _requests;
    private readonly IFileEngine _fallback;
    private readonly ThreadPoolEngine _threads;
    private readonly CompletionQueue _completions;
    private readonly Lock _creating = new();
    private readonly ManualResetEventSlim _drained = new(initialState: true);
    private readonly Action<FileRead, SysResult> _deliver;
    private AioContext? _io;
    private long _reaped;
    private int _wakeUp = -1;
    private bool _refused, _ending, _ended, _loopEnded;

    /// <param name="loop">The connection's event loop.</param>
    /// <param name="requests">The maximum number of reads in flight.</param>
    /// <param name="fallback">The engine that is used if this loop cannot have a context.</param>
    /// <param name="threads">The engine for reads that the kernel cannot queue. It also submits while submission is slow.</param>
    /// <param name="reads">The registry of reads in flight.</param>
    public LoopAioEngine(IEventLoopFeature loop, int requests, IFileEngine fallback, ThreadPoolEngine threads, InFlightReads reads)
    {
        (_loop, _requests, _fallback, _threads, Reads) = (loop, requests, fallback, threads, reads);
        _completions = new CompletionQueue(() => _io!.SubmitWaiting());
        _deliver = (read, result) =>
        {
            _reaped += Math.Max(result.Value, 0);
            _completions.Deliver(read, result);
        };
    }

    public string Name => "linux-aio";

    public InFlightReads Reads { get; }

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
            return; // submitted after the continuation returns
        }

        if (Thread.CurrentThread.IsThreadPoolThread)
        {
            io.SubmitWaiting();
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
            PoolQueue.Post(work, state);
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
            _reaped = 0;
            int got = MaxPerReap;
            int count = 0;
            while (got == MaxPerReap && io.HasCompletions && count < MaxPerIteration && _reaped < MaxBytesPerIteration)
            {
                got = io.Reap(MaxPerReap, TimeSpan.Zero, _deliver);
                count += got;
                HandOverFromLoop(io);
            }

            if (got == MaxPerReap && io.HasCompletions)
            {
                EventFd.Signal(_wakeUp); // the rest is reaped in the next iteration
            }
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

    /// <summary>Ends the engine after its reads in flight have completed. No read may be submitted afterwards.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _ending, true);
        if (Volatile.Read(ref _io) is not null)
        {
            _ = _loop.TryPost(static _ => { }, null);
            _drained.Wait();
        }
    }

    /// <summary>The context, created by the first read; null if the kernel or the loop has refused one.</summary>
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
        if (!io.TrySubmitWaiting())
        {
            _threads.Post(static io => ((AioContext)io!).SubmitWaiting(), io);
        }
    }

    private void StartDraining()
    {
        if (EngineThread.TryStart("aio drain", Drain) is null)
        {
            PoolQueue.Add(static engine => engine.Drain(), this, preferLocal: false);
        }
    }

    /// <summary>Waits for the reads in flight. Continuations run on the thread pool.</summary>
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

            io.SubmitWaiting();
            io.Reap(MaxPerIteration, DrainWait, _completions.Add);
        }

        io.Dispose();
        Unistd.Close(_wakeUp);
        _drained.Set();
    }

    /// <summary>Runs posted work on the loop's thread.</summary>
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
