using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using FileAio.Diagnostics;
using FileAio.Threads;
using Transport.Core;

namespace FileAio.Engines;

/// <summary>
/// An engine on the event loop of a connection, whatever the loop's own model is. Completions signal the loop's eventfd. The loop's thread
/// reaps them, runs inline continuations, and submits their next operations. Each loop has one kernel queue, which its first operation
/// creates.
/// </summary>
/// <remarks>
/// <para>If the loop or the kernel refuses a queue, another engine is used, and the queue is requested again later: the descriptor limit,
/// for example, is reached for a while only.</para>
/// <para>When a loop ends, a thread waits for the operations in flight and closes the queue.</para>
/// </remarks>
/// <typeparam name="TQueue">The kernel's queue.</typeparam>
/// <param name="loop">The connection's event loop.</param>
/// <param name="fallback">The engine that is used while this loop has no queue.</param>
/// <param name="reads">The registry of reads in flight.</param>
internal abstract class LoopEngine<TQueue>(IEventLoopFeature loop, IFileEngine fallback, InFlightReads reads)
    : IFileEngine, ILoopEngine, IEventLoopSource
    where TQueue : class, IKernelQueue
{
    /// <summary>The most completions that are reaped before the loop does something else. An estimate.</summary>
    protected const int MaxPerIteration = 8;

    // The bytes of completions per loop iteration: h2o's limit for a response, so that sockets are served in between. An estimate.
    private const long MaxBytesPerIteration = 1 << 20;

    // Reads that continuations start are submitted after so many completions, and so many bytes of them: the device would be idle while
    // 1 MiB is sent.
    private const int MaxPerReap = 2;
    private const long MaxBytesUnsubmitted = 1 << 18;

    // The interval between attempts, of ThreadLane. A failed one costs a few system calls.
    private const int RetryAfterMilliseconds = 100;

    private readonly Lock _creating = new();
    private readonly ManualResetEventSlim _drained = new(initialState: true);
    private TQueue? _queue;
    private long _retryAt = long.MinValue;
    private long _reaped;
    private int _wakeUp = -1;
    private bool _ending, _draining, _ended, _loopEnded;

    public abstract string Name { get; }

    public InFlightReads Reads { get; } = reads;

    public PipeScheduler Application => Loop.Application;

    /// <summary>Whether the loop has a queue. It has none before its first operation.</summary>
    public bool HasQueue => Known is not null;

    protected IEventLoopFeature Loop { get; } = loop;

    /// <summary>The queue if it was created; null otherwise.</summary>
    protected TQueue? Known => Volatile.Read(ref _queue);

    /// <summary>Whether the drain has ended, so that the queue accepts nothing any more. Requires the queue's gate.</summary>
    protected bool HasEnded => _ended;

    public void Submit(FileRead read)
    {
        if (Queue() is not { } queue || !TrySubmit(queue, read))
        {
            read.PassTo(fallback);
        }
    }

    public abstract void TryCancel(FileRead read);

    public void Post(SendOrPostCallback work, object? state)
    {
        if (!Loop.TryPost(static posted => ((Posted)posted!).Run(), new Posted(this, work, state)))
        {
            PoolQueue.Post(work, state);
        }
    }

    bool IEventLoopSource.OnIteration()
    {
        if (Known is not { } queue)
        {
            return !Volatile.Read(ref _ending) || !TryDetach();
        }

        if (Volatile.Read(ref _ending))
        {
            StartDraining();
            return false;
        }

        if (!queue.HasCompletions)
        {
            return true;
        }

        EngineThread.Enter(this);
        try
        {
            if (!TryReapAll(queue))
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
        }

        if (!TryDetach())
        {
            StartDraining();
        }
    }

    /// <summary>Ends the engine after its operations in flight have completed. None may be submitted afterwards.</summary>
    public void Dispose()
    {
        lock (_creating)
        {
            Volatile.Write(ref _ending, true);
        }

        _ = Loop.TryPost(static _ => { }, null); // an iteration
        _drained.Wait();
    }

    /// <summary>Creates the kernel's queue.</summary>
    /// <param name="wakeUp">The eventfd that completions signal.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="call">The system call that failed.</param>
    protected abstract bool TryCreate(int wakeUp, [NotNullWhen(true)] out TQueue? queue, out string call);

    /// <summary>Submits a read. Returns false if the queue accepts no operation any more.</summary>
    protected abstract bool TrySubmit(TQueue queue, FileRead read);

    /// <summary>Submits what waits, on the loop's thread, which must not block.</summary>
    protected abstract void SubmitFromLoop(TQueue queue);

    /// <summary>
    /// Reaps up to <paramref name="most"/> completions on the loop's thread, and calls <see cref="Reaped"/> for each. Returns their number.
    /// </summary>
    protected abstract int Reap(TQueue queue, int most);

    /// <summary>An operation has ended: counts its bytes in the limit of the iteration.</summary>
    protected void Reaped(SysResult result) => _reaped += Math.Max(result.Value, 0);

    /// <summary>
    /// The loop ends, or its work for this engine does: afterwards only the drain's thread submits. Must not block. Loop thread.
    /// </summary>
    protected virtual void BeforeDrain(TQueue queue)
    {
    }

    /// <summary>Submits, reaps and waits for a while. Continuations run on the thread pool. On the drain's thread.</summary>
    protected abstract void DrainOnce(TQueue queue);

    /// <summary>The queue, created by the first operation; null while the kernel or the loop refuses one.</summary>
    protected TQueue? Queue()
    {
        if (Known is { } known)
        {
            return known;
        }

        lock (_creating)
        {
            if (_queue is not null || _loopEnded || _ending || Environment.TickCount64 < _retryAt)
            {
                return _queue;
            }

            if (_wakeUp >= 0 || Loop.TryAttach(this, out _wakeUp))
            {
                if (TryCreate(_wakeUp, out TQueue? queue, out string call))
                {
                    _drained.Reset();
                    Volatile.Write(ref _queue, queue);
                    return queue;
                }

                FileMetrics.Fallback(call); // the source stays attached, and its descriptor open, for the next attempt
            }
            else
            {
                _wakeUp = -1;
            }

            _retryAt = Environment.TickCount64 + RetryAfterMilliseconds;
            return null;
        }
    }

    /// <summary>Reaps what this iteration may, and submits what the continuations add. Returns whether all is reaped.</summary>
    private bool TryReapAll(TQueue queue)
    {
        _reaped = 0;
        long submittedAt = 0;
        int count = 0;
        bool isMore;
        do
        {
            int got = Reap(queue, MaxPerReap);
            count += got;
            isMore = got == MaxPerReap && queue.HasCompletions;
            if (_reaped - submittedAt >= MaxBytesUnsubmitted)
            {
                SubmitFromLoop(queue);
                submittedAt = _reaped;
            }
        }
        while (isMore && count < MaxPerIteration && _reaped < MaxBytesPerIteration);
        SubmitFromLoop(queue);
        return !isMore;
    }

    /// <summary>Ends an engine that has no queue. Returns false if it has one. Loop thread.</summary>
    private bool TryDetach()
    {
        lock (_creating)
        {
            if (_queue is null && _wakeUp >= 0)
            {
                Unistd.Close(_wakeUp);
                _wakeUp = -1;
            }

            return _queue is null;
        }
    }

    /// <summary>The loop, or its last thread, calls this: afterwards only the drain uses the queue.</summary>
    private void StartDraining()
    {
        Volatile.Write(ref _draining, true);
        BeforeDrain(_queue!);
        if (EngineThread.TryStart("aio drain", Drain) is null)
        {
            PoolQueue.Add(static engine => engine.Drain(), this, preferLocal: false);
        }
    }

    private void Drain()
    {
        TQueue queue = _queue!;
        while (true)
        {
            lock (queue.Gate)
            {
                _ended = queue.IsIdle;
                if (_ended)
                {
                    break;
                }
            }

            DrainOnce(queue);
        }

        queue.Dispose();
        Unistd.Close(_wakeUp);
        _drained.Set();
    }

    /// <summary>Submits what work on the loop's thread has added, unless only the drain may.</summary>
    protected void SubmitAfterWork()
    {
        if (Known is { } queue && !Volatile.Read(ref _draining))
        {
            SubmitFromLoop(queue);
        }
    }

    /// <summary>Runs posted work on the loop's thread.</summary>
    private sealed class Posted(LoopEngine<TQueue> engine, SendOrPostCallback work, object? state)
    {
        public void Run()
        {
            EngineThread.Enter(engine);
            try
            {
                work(state);
                engine.SubmitAfterWork();
            }
            finally
            {
                EngineThread.Exit();
            }
        }
    }
}
