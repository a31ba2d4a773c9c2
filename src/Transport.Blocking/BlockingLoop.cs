using Transport.Core.Interop;
using Transport.Core.Loops;
using Transport.Core.Scheduling;

namespace Transport.Blocking;

/// <summary>
/// The loop of a model in which the kernel's waiting is done by other threads: they make the calls, and post what came of them. It waits
/// for its mail alone.
/// </summary>
internal sealed unsafe class BlockingLoop(LoopSetup setup, ThreadBudget budget, BlockingCounters counters) : EventLoop(setup)
{
    /// <summary>Those with a descriptor, or with an operation that is not over.</summary>
    private readonly HashSet<IBlockingSocket> _sockets = [];
    private bool _refusedLogged;

    public BlockingCounters Blocking => counters;

    public ThreadBudget Budget => budget;

    /// <summary>Starts the threads that make the calls.</summary>
    public ThreadStarter Threads { get; } = setup.Options.GetThreadStarter();

    public bool WaitsForData { get; } = setup.Options.WaitForDataBeforeAllocatingBuffer;

    /// <summary>The most that a receive asks its pipe for.</summary>
    public int MaximumBuffer { get; } = ReceiveBuffer.MaximumOf(setup.Options);

    public override LoopListener AttachListener(int descriptor, bool isShared)
    {
        AssertCurrent();
        BlockingListener listener = new(this, descriptor);
        _sockets.Add(listener);
        return listener;
    }

    public override LoopConnection AttachConnection(int descriptor)
    {
        AssertCurrent();
        BlockingConnection connection = new(this, descriptor);
        _sockets.Add(connection);
        return connection;
    }

    /// <summary>A socket is closed and nobody waits for it. Loop thread.</summary>
    public void Detach(IBlockingSocket socket) => _sockets.Remove(socket);

    public void LogThreadsExhausted() => BlockingLog.ThreadsExhausted(Logger, Name, budget.MaxThreads);

    /// <summary>Logged once, until a thread can be started again. Loop thread.</summary>
    public void LogThreadRefused(string reason)
    {
        if (!Interlocked.Exchange(ref _refusedLogged, true))
        {
            BlockingLog.ThreadRefused(Logger, Name, reason);
        }
    }

    /// <summary>A thread runs. Any thread.</summary>
    public void ThreadStarted()
    {
        if (Volatile.Read(ref _refusedLogged))
        {
            Volatile.Write(ref _refusedLogged, false);
        }
    }

    protected override void Start()
    {
    }

    protected override void Wait(int timeoutMilliseconds)
    {
        Counters.Waits++;
        if (timeoutMilliseconds == 0)
        {
            // Mail is collected after every wait, whether the eventfd was looked at or not.
            return;
        }

        Libc.pollfd wake = new() { fd = Waker.Descriptor, events = Libc.POLLIN };
        SysResult woken = SysResult.From(Libc.poll(&wake, 1, timeoutMilliseconds));
        if (woken.Value > 0)
        {
            Counters.Events++;
            Waker.Drain();
        }
        else if (woken.IsError && woken.Errno is not (Errno.EINTR or Errno.EAGAIN or Errno.ENOMEM))
        {
            woken.ThrowIfError($"{Name}: waiting");
        }
    }

    protected override void End()
    {
        foreach (IBlockingSocket socket in _sockets.ToArray())
        {
            socket.End();
        }
    }
}
