using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using Microsoft.Extensions.Logging;
using Transport.Core.Diagnostics;
using Transport.Core.Listening;
using Transport.Core.Scheduling;

namespace Transport.Core.Loops;

/// <summary>
/// A thread, a mailbox, and one turn after another: wait, receive from all that is ready, run what that made runnable, send what it wrote.
/// As a scheduler it runs the transport's own work, on its thread.
/// </summary>
/// <remarks>
/// Everything of a socket happens on its loop's thread, but for a send that does not wait; other threads post. Application code never runs
/// inside a receive or a flush, so nothing of the loop is on its stack and the sends of a turn gather by themselves.
/// </remarks>
internal abstract class EventLoop : PipeScheduler
{
    /// <summary>
    /// How long a nap lasts: epoll_wait's and poll's resolution. Work that is out may hold back what it leaves in the mailbox for so long.
    /// </summary>
    private const int NapMilliseconds = 1;

    /// <summary>
    /// Work items of one iteration: when thousands of connections end at once, requests of the others are received in between. A connection
    /// to close takes some 15 µs, so this is about 4 ms.
    /// </summary>
    private const int MaxItemsPerTurn = 256;

    private readonly LoopSetup _setup;
    private readonly Mailbox _mailbox = new();
    private readonly Thread _thread;
    private readonly HashSet<ILoopResident> _residents = [];
    private readonly HashSet<ILoopResident> _listeners = [];
    private WorkList _queue = new();
    private WorkList _running = new();

    /// <summary>The first of <see cref="_running"/> that has not been run. An item that threw is not run again.</summary>
    private int _next;
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _stopping;
    private bool _hasThreadStarter;
    private Exception? _failure;

    /// <summary>Connections whose blocks may still be out, and the loop itself: at 0 the pool goes.</summary>
    private int _poolUsers = 1;

    protected EventLoop(LoopSetup setup)
    {
        _setup = setup;
        _thread = new Thread(Run) { IsBackground = true, Name = setup.Name };
        Application = setup.Options.EffectiveScheduling switch
        {
            ApplicationScheduling.Workers => new WorkerScheduler(this, setup.Options.MaxWorkers, setup.Counters, setup.Options.GetThreadStarter()),
            ApplicationScheduling.ThreadPool => new ThreadPoolScheduler(this, setup.Options.MaxWorkers),
            _ => new InlineScheduler(this),
        };
    }

    /// <summary>The model and the loop's number, for logs and for the thread.</summary>
    public string Name => _setup.Name;

    /// <summary>Where application code goes.</summary>
    public ApplicationScheduler Application { get; }

    /// <summary>The loop's own pool: blocks are rented and returned on few threads, and mostly on this one.</summary>
    public MemoryPool<byte> MemoryPool => _setup.MemoryPool;

    public LoopCounters Counters => _setup.Counters;

    /// <summary>The number of the present loop iteration, which fairness budgets are counted by. Loop thread.</summary>
    public long Iteration { get; private set; }

    public ILogger Logger => _setup.Logger;

    /// <summary>The caller is on the loop's thread.</summary>
    public bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>Completes when the thread has ended and every socket of the loop is closed.</summary>
    public Task Ended => _ended.Task;

    protected Waker Waker { get; } = new();

    /// <summary>Starts the thread.</summary>
    /// <returns>Completes when the poller is created; fails with the kernel's error otherwise, and the loop has then ended.</returns>
    public Task StartThreadAsync()
    {
        try
        {
            _setup.Options.GetThreadStarter().Acquire();
            _hasThreadStarter = true;
            _thread.UnsafeStart();
        }
        catch (Exception exception) when (exception is OutOfMemoryException or ThreadStartException)
        {
            // The runtime's form of EAGAIN from pthread_create(3): RLIMIT_NPROC, pids.max, or no address space for a stack.
            Finish();
            _started.SetException(new IOException($"{Name}: the system did not start the loop's thread: {exception.Message}", exception));
        }

        return _started.Task;
    }

    /// <summary>Makes a listening, non-blocking descriptor the loop's own. Loop thread.</summary>
    /// <param name="descriptor">The listener's to close, unless this throws.</param>
    /// <param name="isShared">Other loops accept from the same socket.</param>
    public abstract LoopListener AttachListener(int descriptor, bool isShared);

    /// <summary>Makes a descriptor that a <see cref="LoopListener"/> of this model accepted the loop's own. Loop thread.</summary>
    /// <param name="descriptor">The connection's to close, unless this throws.</param>
    public abstract LoopConnection AttachConnection(int descriptor);

    /// <summary>Runs transport work on the loop's thread: queued when called there, posted from elsewhere.</summary>
    public sealed override void Schedule(Action<object?> action, object? state) => TryPost(action, state);

    /// <returns>False when the loop has ended and the work will not be run: every socket of it has been closed by then.</returns>
    public bool TryPost(Action<object?> action, object? state)
    {
        WorkItem item = new(action, state);
        if (IsCurrent)
        {
            _queue.Add(item);
            return true;
        }

        bool posted = _mailbox.Post(item, mayWait: BatchScheduler.DrainsFor(this), out bool wake);
        if (wake)
        {
            Wake();
        }

        return posted;
    }

    /// <summary>Goes on on the loop's thread: at once when called there, else by the mailbox.</summary>
    public LoopSwitch SwitchAsync() => new(this);

    /// <summary>What was left in the mailbox during a nap is to be looked at now. Any thread.</summary>
    public void Ring()
    {
        if (_mailbox.Ring())
        {
            Wake();
        }
    }

    /// <summary>Ends the loop once its last connection has ended. Any thread.</summary>
    public void StopWhenEmpty() => TryPost(static loop => ((EventLoop)loop!)._stopping = true, this);

    /// <summary>Keeps a connection from being collected, and the loop from ending, until <see cref="Remove"/>. Loop thread.</summary>
    public void Add(ILoopResident connection)
    {
        AssertCurrent();
        _residents.Add(connection);
        Interlocked.Increment(ref Counters.Connections);
        Interlocked.Increment(ref _poolUsers);
        if (_failure is { } failure)
        {
            // A descriptor that another loop handed over before this one failed.
            connection.Evict(failure);
        }
    }

    /// <summary>Has <paramref name="listener"/> stopped first if the loop fails, until <see cref="RemoveListener"/>. Loop thread.</summary>
    public void AddListener(ILoopResident listener)
    {
        AssertCurrent();
        _listeners.Add(listener);
        if (_failure is { } failure)
        {
            listener.Evict(failure);
        }
    }

    /// <summary>The listener has ended. Loop thread.</summary>
    public void RemoveListener(ILoopResident listener) => _listeners.Remove(listener);

    /// <summary>The connection's socket has been closed and nothing of it will run here any more. Loop thread.</summary>
    public void Remove(ILoopResident connection)
    {
        AssertCurrent();
        _residents.Remove(connection);
        Interlocked.Decrement(ref Counters.Connections);
        PausedAccepting.DescriptorReturned();
    }

    /// <summary>A connection has given back its blocks, or the loop has ended. Any thread.</summary>
    public void ReleasePool()
    {
        if (Interlocked.Decrement(ref _poolUsers) != 0)
        {
            return;
        }

        try
        {
            MemoryPool.Dispose();
        }
        catch (Exception exception)
        {
            // The pool is the application's. On the loop's thread its exception would end the process.
            TransportLog.PoolDisposeFailed(Logger, Name, exception);
        }
    }

    public void LogWorkersExhausted(int workers) => TransportLog.WorkersExhausted(Logger, Name, workers);

    public void LogWorkerNotStarted(string reason) =>
        TransportLog.WorkerNotStarted(Logger, Name, reason, Volatile.Read(ref Counters.Workers));

    [Conditional("DEBUG")]
    public void AssertCurrent() => Debug.Assert(IsCurrent, $"{Name}: not on the loop's thread.");

    /// <summary>On the loop's thread, first: makes the poller or ring.</summary>
    protected abstract void Start();

    /// <summary>
    /// Hands over what is queued for the kernel, waits for it if asked, and completes what came back. Returns early when
    /// <see cref="Waker"/> is woken.
    /// </summary>
    /// <param name="timeoutMilliseconds">−1 for as long as it takes, 0 not at all.</param>
    protected abstract void Wait(int timeoutMilliseconds);

    /// <summary>
    /// On the loop's thread, last: closes whatever sockets are left (their operations end with −ECANCELED) and the poller or ring. When it
    /// returns the kernel holds nothing of them.
    /// </summary>
    protected abstract void End();

    /// <summary>
    /// The loop has failed and no longer waits: completes the operations of closed sockets that the kernel has ended meanwhile. A model that
    /// closes at once has none.
    /// </summary>
    protected virtual void Reap()
    {
    }

    private void Run()
    {
        WorkItem.CaptureEmptyContext();
        try
        {
            Start();
            Application.Start();
        }
        catch (Exception exception)
        {
            Finish();
            _started.SetException(exception);
            return;
        }

        _started.SetResult();
        try
        {
            do
            {
                Turn();
            }
            while (!CanEnd());
        }
        catch (Exception exception)
        {
            // A bug or an unexpected kernel error: the loop cannot recover, so the host is stopped.
            TransportLog.LoopFailed(Logger, Name, exception);
            _setup.Failed(exception);
            Abandon(exception);
        }

        Finish();
    }

    private bool CanEnd() => _stopping && _residents.Count == 0 && !HasQueued && !Application.HasWork && _mailbox.TryClose();

    private void Finish()
    {
        try
        {
            End();
            Application.Stop();
            do
            {
                RunQueue();
            }
            while (HasQueued);
        }
        catch (Exception exception)
        {
            TransportLog.LoopFailed(Logger, Name, exception);
        }

        if (_hasThreadStarter)
        {
            _setup.Options.GetThreadStarter().Release();
        }

        Waker.Dispose();
        ReleasePool();
        _ended.SetResult();
    }

    private void Turn()
    {
        Iteration++;
        Wait(Timeout());
        Application.RunTurn();
        RunQueue();
    }

    private int Timeout()
    {
        if (HasQueued || Application.HasWork)
        {
            return 0;
        }

        bool nap = Application.IsOut;
        return _mailbox.TrySleep(nap ? Sleep.Napping : Sleep.Sleeping) ? (nap ? NapMilliseconds : -1) : 0;
    }

    private bool HasQueued => _queue.Count > 0 || _running.Count > 0;

    /// <summary>
    /// Runs what is queued and posted by now, in order, and at most <see cref="MaxItemsPerTurn"/> of it. The rest, and what the work queues
    /// meanwhile, waits for the next iteration.
    /// </summary>
    private void RunQueue()
    {
        _mailbox.Collect(_queue);
        if (_running.Count == 0)
        {
            (_queue, _running) = (_running, _queue);
        }

        int end = Math.Min(_running.Count, _next + MaxItemsPerTurn);
        while (_next < end)
        {
            _running[_next++].Run();
        }

        if (_next == _running.Count)
        {
            _running.Clear();
            _next = 0;
        }
    }

    /// <summary>
    /// The loop has failed: its listeners stop, a pending pause included, so that unbinding does not wait for it; then every connection ends.
    /// </summary>
    private void Abandon(Exception reason)
    {
        _failure = reason;
        foreach (ILoopResident resident in (ILoopResident[])[.. _listeners, .. _residents])
        {
            Attempt(() => resident.Evict(reason));
        }

        do
        {
            Attempt(Reap);
            Attempt(RunQueue);
            Attempt(Application.RunTurn);
            // A connection that is sending on another thread posts its end here.
            Thread.Sleep(_residents.Count == 0 ? 0 : 1);
        }
        while (_running.Count > 0 || _queue.Count > 0 || Application.HasWork || _residents.Count > 0 || !_mailbox.TryClose());
    }

    /// <summary>While the loop ends, one failure must not keep the others from ending.</summary>
    private void Attempt(Action step)
    {
        try
        {
            step();
        }
        catch (Exception exception)
        {
            TransportLog.LoopFailed(Logger, Name, exception);
        }
    }

    private void Wake()
    {
        Interlocked.Increment(ref Counters.WakeUps);
        Waker.Wake();
    }
}
