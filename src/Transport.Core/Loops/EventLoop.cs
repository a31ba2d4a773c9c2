using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using Microsoft.Extensions.Logging;
using Transport.Core.Diagnostics;
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

    private readonly LoopSetup _setup;
    private readonly Mailbox _mailbox = new();
    private readonly Thread _thread;
    private readonly HashSet<ILoopResident> _residents = [];
    private WorkList _queue = new();
    private WorkList _running = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _stopping;

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

    public ILogger Logger => _setup.Logger;

    /// <summary>The caller is on the loop's thread.</summary>
    public bool IsCurrent => Thread.CurrentThread == _thread;

    protected Waker Waker { get; } = new();

    /// <summary>Starts the thread.</summary>
    /// <returns>Done when the poller or ring is there; fails with what the kernel said if it is not, and the loop has then ended.</returns>
    public Task StartThreadAsync()
    {
        _setup.Options.GetThreadStarter().Acquire();
        _thread.UnsafeStart();
        return _started.Task;
    }

    /// <summary>Makes a socket the loop's own. Loop thread.</summary>
    public abstract LoopSocket Attach(int descriptor, SocketRole role);

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
    }

    /// <summary>The connection's socket has been closed and nothing of it will run here any more. Loop thread.</summary>
    public void Remove(ILoopResident connection)
    {
        AssertCurrent();
        _residents.Remove(connection);
        Interlocked.Decrement(ref Counters.Connections);
    }

    /// <summary>A connection has given back its blocks, or the loop has ended. Any thread.</summary>
    public void ReleasePool()
    {
        if (Interlocked.Decrement(ref _poolUsers) == 0)
        {
            MemoryPool.Dispose();
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
    /// On the loop's thread, last: closes whatever sockets are left (their operations end with −ECANCELED) and the poller or ring.
    /// </summary>
    protected abstract void End();

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
            // Nothing here throws but our own mistakes and a kernel that refuses what it has always granted: no limping on.
            TransportLog.LoopFailed(Logger, Name, exception);
            _setup.Failed(exception);
            Abandon(exception);
        }

        Finish();
    }

    private bool CanEnd() => _stopping && _residents.Count == 0 && _queue.Count == 0 && !Application.HasWork && _mailbox.TryClose();

    private void Finish()
    {
        End();
        Application.Stop();
        _setup.Options.GetThreadStarter().Release();
        Waker.Dispose();
        ReleasePool();
    }

    private void Turn()
    {
        Wait(Timeout());
        Application.RunTurn();
        RunQueue();
    }

    private int Timeout()
    {
        if (_queue.Count > 0 || Application.HasWork)
        {
            return 0;
        }

        bool nap = Application.IsOut;
        return _mailbox.TrySleep(nap ? Sleep.Napping : Sleep.Sleeping) ? (nap ? NapMilliseconds : -1) : 0;
    }

    /// <summary>Runs what is queued and posted by now. What that queues in its turn waits for the next: a turn is bounded.</summary>
    private void RunQueue()
    {
        _mailbox.Collect(_queue);
        (_queue, _running) = (_running, _queue);
        for (int i = 0; i < _running.Count; i++)
        {
            _running[i].Run();
        }

        _running.Clear();
    }

    /// <summary>The loop has failed: every connection of it ends, and whoever waits for one is told.</summary>
    private void Abandon(Exception reason)
    {
        foreach (ILoopResident resident in _residents.ToArray())
        {
            resident.Evict(reason);
        }

        do
        {
            RunQueue();
            Application.RunTurn();
            // A send loop that is elsewhere at the moment ends here too.
            Thread.Yield();
        }
        while (_queue.Count > 0 || Application.HasWork || _residents.Count > 0 || !_mailbox.TryClose());
    }

    private void Wake()
    {
        Interlocked.Increment(ref Counters.WakeUps);
        Waker.Wake();
    }
}
