using Transport.Core.Interop;
using Transport.Core.Loops;
using Transport.Core.Loops.Sockets;
using Transport.Core.Loops.Waiting;
using Transport.Core.Scheduling.Threads;

namespace Transport.Blocking;

/// <summary>
/// The event loop of the blocking model: other threads make the system calls and post the results. The loop waits for its mailbox only.
/// </summary>
internal sealed unsafe class BlockingLoop(LoopSetup setup, ThreadBudget budget, BlockingCounters counters) : EventLoop(setup)
{
    /// <summary>The sockets with a descriptor, or with an operation that has not completed.</summary>
    private readonly HashSet<IBlockingSocket> _sockets = [];
    private bool _refusedLogged;

    public BlockingCounters Blocking => counters;

    public ThreadBudget Budget => budget;

    /// <summary>Starts the threads that make the calls.</summary>
    public ThreadStarter Threads { get; } = setup.Options.GetThreadStarter();

    public bool WaitsForData { get; } = setup.Options.WaitForDataBeforeAllocatingBuffer;

    /// <summary>The maximum that a receive requests from its pipe.</summary>
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

    /// <summary>Removes a socket that is closed and has no pending operation. Loop thread.</summary>
    public void Detach(IBlockingSocket socket) => _sockets.Remove(socket);

    public void LogThreadsExhausted() => BlockingLog.ThreadsExhausted(Logger, Name, budget.MaxThreads);

    /// <summary>Logs a failure to start a thread, once until a thread can be started again. Loop thread.</summary>
    public void LogThreadRefused(string reason)
    {
        if (!Interlocked.Exchange(ref _refusedLogged, true))
        {
            BlockingLog.ThreadRefused(Logger, Name, reason);
        }
    }

    /// <summary>A thread has started. Any thread.</summary>
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
            // The mailbox is read after every wait, whether the eventfd was readable or not.
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
