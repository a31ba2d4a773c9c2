using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using Microsoft.Extensions.Logging;
using Transport.Core.Diagnostics;
using Transport.Core.Interop.Sockets;
using Transport.Core.Interop.Threads;
using Transport.Core.Listening;
using Transport.Core.Loops.Sockets;
using Transport.Core.Loops.Waiting;
using Transport.Core.Scheduling;
using Transport.Core.Scheduling.Leaders;
using Transport.Core.Scheduling.Workers;

namespace Transport.Core.Loops;

/// <summary>
/// A thread, a mailbox, and one turn after another: wait, receive from all that is ready, run what that made runnable, send what it wrote.
/// As a scheduler it runs the transport's own work, on its thread.
/// </summary>
/// <remarks>
/// Everything of a socket happens on its loop's thread, but for a send that does not wait; other threads post. Application code never runs
/// inside a receive or a flush, so nothing of the loop is on its stack and the sends of a turn gather by themselves.
/// </remarks>
internal abstract partial class EventLoop : PipeScheduler, IEventLoopFeature
{
    /// <summary>
    /// The loop whose own code this thread runs. Null while it runs an application item during which another thread may take the loop.
    /// </summary>
    [ThreadStatic]
    private static EventLoop? t_current;

    private readonly LoopSetup _setup;
    private readonly Mailbox _mailbox = new();
    private readonly Thread _thread;
    private readonly HashSet<ILoopResident> _residents = [];
    private readonly HashSet<ILoopResident> _listeners = [];
    private readonly LoopSources _sources = new();
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
        _spinner = new Spinner(setup.Options.EffectiveSpinMicroseconds, Environment.ProcessorCount);
        _thread = new Thread(Run) { IsBackground = true, Name = setup.Name };
        Application = setup.Scheduling switch
        {
            ApplicationScheduling.LeaderFollowers => new LeaderScheduler(
                this, setup.Options.MaxWorkers, setup.Counters, setup.Options.GetThreadStarter(), LoopMonitor.Shared),
            ApplicationScheduling.Workers => new WorkerScheduler(
                this, setup.Options.MaxWorkers, setup.Counters, setup.Options.GetThreadStarter()),
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

    /// <summary>
    /// The caller is on the loop: on the thread that leads it, and not inside an item of the application during which another thread may
    /// take the loop.
    /// </summary>
    public bool IsCurrent => t_current == this;

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
        catch (Exception exception) when (ThreadLimit.IsCauseOf(exception))
        {
            Finish();
            _started.SetException(ThreadLimit.Exception($"{Name} is not started", exception));
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

        bool posted = _mailbox.Post(item, mayWait: ApplicationScheduler.RunsFor(this), out bool wake);
        if (wake)
        {
            Wake();
        }

        return posted;
    }

    PipeScheduler IEventLoopFeature.Application => Application;

    bool IEventLoopFeature.TryAttach(IEventLoopSource source, out int wakeUp)
    {
        SysResult duplicate = Waker.Duplicate();
        wakeUp = (int)duplicate.Value;
        if (duplicate.IsError)
        {
            return false;
        }

        bool attached = TryPost(static attach => ((Action)attach!)(), () => _sources.Add(source));
        if (!attached)
        {
            SocketCalls.Close(wakeUp);
        }

        return attached;
    }

    /// <summary>Goes on on the loop's thread: at once when called there, else by the mailbox.</summary>
    public LoopSwitch SwitchAsync() => new(this);

    /// <summary>Wakes the loop if posted items wait for the end of a bounded sleep. Any thread.</summary>
    public void EndSleep()
    {
        if (_mailbox.EndSleep())
        {
            Wake();
        }
    }

    /// <summary>Ends the loop once its last connection has ended. Any thread.</summary>
    public void StopWhenEmpty() => TryPost(static loop => ((EventLoop)loop!).Stopping(), this);

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

    /// <summary>
    /// The calling thread leads the loop and is about to run an item of the application: until <see cref="Enter"/> it is not on the loop.
    /// </summary>
    public void Leave()
    {
        AssertCurrent();
        t_current = null;
    }

    /// <summary>The calling thread leads the loop, and goes on with its code.</summary>
    public void Enter() => t_current = this;

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
    /// The loop has failed and no longer waits: completes the operations of closed sockets that the kernel has ended meanwhile. A model
    /// that closes at once has none.
    /// </summary>
    protected virtual void Reap()
    {
    }

    private void Stopping()
    {
        _stopping = true;
        _setup.Merging.Remove(this);
    }

    private void Wake()
    {
        Interlocked.Increment(ref Counters.WakeUps.Value);
        Waker.Wake();
    }
}
