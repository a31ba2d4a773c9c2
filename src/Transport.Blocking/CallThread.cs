using Transport.Core.Interop.Threads;
using Transport.Core.Loops.Sockets;
using Transport.Core.Scheduling.Threads;

namespace Transport.Blocking;

/// <summary>
/// A thread that makes one blocking call at a time when its loop requests it, and posts the result. The first call starts it, and dismissal
/// ends it; until then it counts as a user of the descriptor.
/// </summary>
/// <remarks>
/// <see cref="ThreadStarter"/> starts it: clone(2) does not delay the loop, and threads are left for the runtime. If no thread can be
/// started (RLIMIT_NPROC, pids.max) the call waits, and starting is retried.
/// </remarks>
internal sealed class CallThread(
    IBlockingSocket socket, HeldDescriptor descriptor, BlockingLoop loop, string name, Func<SysResult> call) : IStartable
{
    private const int Idle = 0;
    private const int Requested = 1;
    private const int Dismissed = 2;

    /// <summary>
    /// The stack size: an estimate with room to spare for a receive and a pool's rent. The default is 1.5 MiB of address space.
    /// </summary>
    private const int StackSize = 256 * 1024;

    /// <summary>How often the thread tests whether its object is unused. No wake-up is lost, so this is not for missed ones.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMinutes(1);

    private readonly SocketCompletion _completion = new();

    /// <summary>The futex word, on the pinned object heap.</summary>
    private readonly int[] _state = GC.AllocateArray<int>(1, pinned: true);
    private volatile Thread? _thread;

    /// <summary>The thread is running or has been requested. Loop thread.</summary>
    private bool _isRequested;

    /// <summary>The starter has not started the thread yet, and has not failed.</summary>
    private volatile bool _isStarting;
    private Timer? _retry;
    private SysResult _result;
    private Exception? _failure;

    /// <summary>The call is pending.</summary>
    public bool IsPending => _completion.IsPending;

    /// <summary>Requests the call. Loop thread.</summary>
    public ValueTask<SysResult> CallAsync()
    {
        ValueTask<SysResult> completion = _completion.Wait();
        Request();
        return completion;
    }

    /// <summary>Prepares a call that <see cref="Request"/> requests later. Loop thread.</summary>
    public ValueTask<SysResult> PrepareAsync() => _completion.Wait();

    /// <summary>Requests the prepared call. Loop thread.</summary>
    public void Request()
    {
        Volatile.Write(ref _state[0], Requested);
        if (_isRequested)
        {
            Futex.Wake(ref _state[0]);
        }
        else
        {
            RequestThread();
        }
    }

    string IStartable.Name => name;

    int IStartable.StackSize => StackSize;

    void IStartable.Run()
    {
        _thread = Thread.CurrentThread;
        _isStarting = false;
        loop.ThreadStarted();

        // Not earlier: a socket that is closed while its thread is being started is closed at once.
        if (descriptor.TryHold())
        {
            MakeCalls();
        }

        Interlocked.Decrement(ref loop.Blocking.Threads);
    }

    void IStartable.StartFailed(string reason)
    {
        Interlocked.Decrement(ref loop.Blocking.Threads);
        Interlocked.Increment(ref loop.Blocking.ThreadsRefused);
        _isStarting = false;

        // The loop logs, since a logging provider may block.
        loop.TryPost(static refusal => ((Refusal)refusal!).Land(), new Refusal(this, reason));
    }

    /// <summary>Ends the thread after its current call. A requested call that has not begun is not made. Loop thread.</summary>
    /// <returns>Whether a call is in progress, which the caller has to make return.</returns>
    public bool Dismiss()
    {
        if (!_isRequested)
        {
            if (IsPending && _retry is not null)
            {
                // The call waits for a thread.
                Cancel();
            }

            return false;
        }

        int state = Interlocked.Exchange(ref _state[0], Dismissed);
        Futex.Wake(ref _state[0]);
        if (state == Requested)
        {
            Cancel();
            return false;
        }

        return IsPending;
    }

    /// <summary>Cancels a pending call that is not in progress. Loop thread.</summary>
    public void Cancel() => _completion.Complete(new SysResult(-Errno.ECANCELED));

    /// <summary>Waits until the thread has ended, after the loop has ended and reads no more mail. Loop thread.</summary>
    public void Join()
    {
        SpinWait.SpinUntil(() => !_isStarting);
        _thread?.Join();
        if (IsPending)
        {
            Cancel();
        }
    }

    private void RequestThread()
    {
        _isRequested = true;
        _isStarting = true;
        Interlocked.Increment(ref loop.Blocking.Threads);
        loop.Threads.Request(this);
    }

    /// <summary>No thread can be started now. The pending call continues to wait, unless the socket has been closed. Loop thread.</summary>
    private void Refused(string reason)
    {
        loop.LogThreadRefused(reason);
        _isRequested = false;
        if (socket.IsClosed)
        {
            return;
        }

        _retry ??= new Timer(static self => ((CallThread)self!).PostRetry(), this, Timeout.Infinite, Timeout.Infinite);
        _retry.Change(ThreadStarter.MinRetryMilliseconds, Timeout.Infinite);
    }

    private void PostRetry() => loop.TryPost(static self => ((CallThread)self!).Retry(), this);

    private void Retry()
    {
        if (!socket.IsClosed && !_isRequested)
        {
            RequestThread();
        }
    }

    private void MakeCalls()
    {
        bool isDismissed = false;
        while (!isDismissed && WaitForAsk())
        {
            MakeCall();
            isDismissed = Volatile.Read(ref _state[0]) == Dismissed;
            if (isDismissed)
            {
                // Before the result is posted: when the operation completes, the descriptor is closed.
                descriptor.Release();
            }

            loop.TryPost(static self => ((CallThread)self!).Finish(), this);
        }

        if (!isDismissed)
        {
            descriptor.Release();
        }
    }

    private void MakeCall()
    {
        try
        {
            _result = call();
        }
        catch (Exception exception)
        {
            // The memory pool is the application's: its exception ends this connection, not the process.
            _failure = exception;
            _result = new SysResult(-Errno.ECANCELED);
        }
    }

    /// <returns>False if the thread must end.</returns>
    private bool WaitForAsk()
    {
        int state;
        while ((state = Interlocked.CompareExchange(ref _state[0], Idle, Requested)) == Idle)
        {
            Futex.Wait(ref _state[0], Idle, PollInterval);
        }

        return state == Requested;
    }

    private void Finish()
    {
        SysResult result = socket.Ended(this, _result);
        if (_failure is { } failure && !socket.IsClosed)
        {
            _failure = null;
            _completion.Fail(failure);
        }
        else
        {
            _completion.Complete(result);
        }
    }

    private sealed class Refusal(CallThread thread, string reason)
    {
        public void Land() => thread.Refused(reason);
    }
}
