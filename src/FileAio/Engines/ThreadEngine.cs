using FileAio.Threads;

namespace FileAio.Engines;

/// <summary>
/// An engine with a thread of its own, which reaps completions, runs inline continuations and submits their next operations. Used for
/// connections without an event loop of this project; see <see cref="LoopEngine{TQueue}"/>.
/// </summary>
/// <typeparam name="TQueue">The kernel's queue.</typeparam>
/// <param name="eventFd">The eventfd that completions signal.</param>
/// <param name="reads">The registry of reads in flight.</param>
internal abstract class ThreadEngine<TQueue>(int eventFd, InFlightReads reads) : IFileEngine
    where TQueue : class, IKernelQueue
{
    // Operations that continuations start are submitted in batches, but the disk must not idle meanwhile. Guesses.
    private const int SubmitEvery = 8, MaxPerRound = 64;

    // The pause when the kernel accepts no operation: the machine is short of memory.
    private static readonly TimeSpan Shortage = TimeSpan.FromMilliseconds(1);

    private readonly PostedWork _posted = new();
    private bool _awake, _disposed;

    public abstract string Name { get; }

    public InFlightReads Reads { get; } = reads;

    /// <summary>The queue; set before any thread starts.</summary>
    protected TQueue Queue { get; set; } = null!;

    /// <summary>The thread; null before it has started.</summary>
    protected Thread? Worker { get; private set; }

    /// <summary>Whether the engine accepts operations no longer.</summary>
    protected bool IsDisposed => Volatile.Read(ref _disposed);

    /// <summary>Whether the thread has ended, or is about to. Requires <see cref="Gate"/>.</summary>
    protected bool HasEnded { get; private set; }

    protected Lock Gate => Queue.Gate;

    /// <summary>Whether a submission has something to do. Requires <see cref="Gate"/>.</summary>
    protected virtual bool CanSubmit => false;

    public abstract void Submit(FileRead read);

    public abstract void TryCancel(FileRead read);

    public void Post(SendOrPostCallback work, object? state)
    {
        lock (Gate)
        {
            if (!HasEnded)
            {
                _posted.Add(work, state);
                WakeUp();
                return;
            }
        }

        PoolQueue.Post(work, state);
    }

    /// <summary>
    /// Ends the threads after the operations in flight have completed, and closes the queue. None may be submitted afterwards.
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

        EndSubmissions();
        EventFd.Signal(eventFd);
        Worker?.Join();
        Queue.Dispose();
        Unistd.Close(eventFd);
    }

    protected bool TryStart(ThreadStarter start, string name) => (Worker = start(name, Run)) is not null;

    /// <summary>Wakes the thread if it waits. Requires <see cref="Gate"/>, in which the thread also ends.</summary>
    protected void WakeUp()
    {
        if (!_awake)
        {
            _awake = true;
            EventFd.Signal(eventFd);
        }
    }

    /// <summary>
    /// Submits what waits, on the engine's thread. Returns false if the kernel accepts no operation at the moment; it is called again.
    /// </summary>
    protected abstract bool SubmitWaiting();

    /// <summary>Reaps completions and runs inline continuations, on the engine's thread. Returns their number.</summary>
    protected abstract int Reap(int most);

    /// <summary>The engine was disposed: cancels operations, or ends further threads.</summary>
    protected abstract void EndSubmissions();

    /// <summary>
    /// The thread: reaps completions, runs posted work, submits what both have started, and then waits for the eventfd. Completions always
    /// signal it; other threads do only while the thread waits, because it checks once more before it waits.
    /// </summary>
    private void Run()
    {
        while (true)
        {
            bool mayHaveMore = ReapRound();
            bool ran;
            lock (Gate)
            {
                ran = _posted.Count > 0;
                _posted.Take();
            }

            _posted.Run();
            bool accepted = SubmitWaiting();
            lock (Gate)
            {
                HasEnded = _disposed && Queue.IsIdle && _posted.Count == 0;
                if (HasEnded)
                {
                    return;
                }

                _awake = mayHaveMore || ran || _posted.Count > 0 || CanSubmit;
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

            SysResult signalled = EventFd.Drain(eventFd);
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

    /// <summary>Reaps up to one round of completions. Returns true if there may be more.</summary>
    private bool ReapRound()
    {
        for (int reaped = 0; reaped < MaxPerRound; reaped += SubmitEvery)
        {
            if (!Queue.HasCompletions || Reap(SubmitEvery) < SubmitEvery)
            {
                return false;
            }

            SubmitWaiting();
        }

        return true;
    }
}
