using Transport.Core.Interop;
using Transport.Core.Loops;
using Transport.Core.Scheduling;

namespace Transport.Blocking;

/// <summary>
/// A thread that makes one blocking call at a time when its loop asks for it, and posts what came of it. It is started by the first call
/// and ends when it is dismissed; only then has the descriptor one user less.
/// </summary>
/// <remarks>
/// <see cref="ThreadStarter"/> starts it: clone(2) does not hold up the loop, and the runtime keeps threads in reserve for its own. Where no
/// thread can be had (RLIMIT_NPROC, pids.max) the call waits, and one is asked for again.
/// </remarks>
internal sealed class CallThread(IBlockingSocket socket, HeldDescriptor descriptor, BlockingLoop loop, string name, Func<SysResult> call) : IStartable
{
    private const int Resting = 0;
    private const int Asked = 1;
    private const int Dismissed = 2;

    /// <summary>
    /// The frames of a receive and a pool's rent: a guess with room to spare. The default would be 1.5 MiB of address space each.
    /// </summary>
    private const int StackSize = 256 * 1024;

    /// <summary>A bell rung once is heard, so this is only how often the thread looks whether it exists for nothing.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(1);

    private readonly SocketCompletion _completion = new();

    /// <summary>Allocated pinned, since the kernel is given its address.</summary>
    private readonly int[] _bell = GC.AllocateArray<int>(1, pinned: true);
    private volatile Thread? _thread;

    /// <summary>A thread is there, or has been asked for. Loop thread.</summary>
    private bool _isRequested;

    /// <summary>The starter has not decided yet whether there is a thread.</summary>
    private volatile bool _isStarting;
    private Timer? _retry;
    private SysResult _result;
    private Exception? _failure;

    /// <summary>Somebody waits for the call.</summary>
    public bool IsPending => _completion.IsPending;

    /// <summary>Has the call made. Loop thread.</summary>
    public ValueTask<SysResult> CallAsync()
    {
        ValueTask<SysResult> completion = _completion.Wait();
        Ask();
        return completion;
    }

    /// <summary>Says who will wait, and has the call made later, by <see cref="Ask"/>. Loop thread.</summary>
    public ValueTask<SysResult> PrepareAsync() => _completion.Wait();

    /// <summary>Has the prepared call made. Loop thread.</summary>
    public void Ask()
    {
        Volatile.Write(ref _bell[0], Asked);
        if (_isRequested)
        {
            Futex.Wake(ref _bell[0]);
        }
        else
        {
            RequestThread();
        }
    }

    Thread IStartable.CreateThread() => new(Run, StackSize) { IsBackground = true, Name = name };

    void IStartable.StartFailed(string reason)
    {
        Interlocked.Decrement(ref loop.Blocking.Threads);
        Interlocked.Increment(ref loop.Blocking.ThreadsRefused);
        _isStarting = false;

        // The loop logs, since a log provider may block.
        loop.TryPost(static refusal => ((Refusal)refusal!).Land(), new Refusal(this, reason));
    }

    /// <summary>Ends the thread after the call it is in. A call that was asked for and not begun will not be made. Loop thread.</summary>
    /// <returns>A call is under way, which the caller has to make return.</returns>
    public bool Dismiss()
    {
        if (!_isRequested)
        {
            if (IsPending && _retry is not null)
            {
                // It waits for a thread.
                Cancel();
            }

            return false;
        }

        int bell = Interlocked.Exchange(ref _bell[0], Dismissed);
        Futex.Wake(ref _bell[0]);
        if (bell == Asked)
        {
            Cancel();
            return false;
        }

        return IsPending;
    }

    /// <summary>Ends a wait for which no call is under way. Loop thread.</summary>
    public void Cancel() => _completion.Complete(new SysResult(-Errno.ECANCELED));

    /// <summary>Waits until the thread has ended, when the loop has and nobody reads its mail. Loop thread.</summary>
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

    /// <summary>No thread can be had now. What waits for the call waits on, unless the socket has been closed meanwhile. Loop thread.</summary>
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

    private void Run()
    {
        _thread = Thread.CurrentThread;
        _isStarting = false;
        loop.ThreadStarted();

        // Not before: a socket that is closed while its thread is on its way is closed at once.
        if (descriptor.TryHold())
        {
            MakeCalls();
        }

        Interlocked.Decrement(ref loop.Blocking.Threads);
    }

    private void MakeCalls()
    {
        bool isDismissed = false;
        while (!isDismissed && WaitForAsk())
        {
            MakeCall();
            isDismissed = Volatile.Read(ref _bell[0]) == Dismissed;
            if (isDismissed)
            {
                // Before the loop hears of it: whoever is told that the operation is over finds the descriptor closed.
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

    /// <returns>False when it is to end.</returns>
    private bool WaitForAsk()
    {
        int bell;
        while ((bell = Interlocked.CompareExchange(ref _bell[0], Resting, Asked)) == Resting)
        {
            Futex.Wait(ref _bell[0], Resting, LookAgain);
        }

        return bell == Asked;
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
