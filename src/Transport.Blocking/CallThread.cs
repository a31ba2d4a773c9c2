using Transport.Core.Interop;
using Transport.Core.Loops;

namespace Transport.Blocking;

/// <summary>
/// A thread that makes one blocking call at a time when its loop asks for it, and posts what came of it. It is started by the first call
/// and ends when it is dismissed; only then has the descriptor one user less.
/// </summary>
internal sealed class CallThread(IBlockingSocket socket, HeldDescriptor descriptor, BlockingLoop loop, string name, Func<SysResult> call)
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
    private Thread? _thread;
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
        if (_thread is not null)
        {
            Futex.Wake(ref _bell[0]);
            return;
        }

        try
        {
            _thread = new Thread(Run, StackSize) { IsBackground = true, Name = name };
            Interlocked.Increment(ref loop.Blocking.Threads);
            descriptor.Hold();
            _thread.UnsafeStart();
        }
        catch (Exception exception) when (exception is OutOfMemoryException or ThreadStartException)
        {
            // What the runtime makes of EAGAIN from pthread_create: a limit of the system's (RLIMIT_NPROC, pids.max), or no room for a
            // stack.
            _thread = null;
            Interlocked.Decrement(ref loop.Blocking.Threads);
            descriptor.Release();
            loop.LogThreadRefused(exception.Message);
            _result = new SysResult(-Errno.ENOMEM);
            loop.TryPost(static self => ((CallThread)self!).Finish(), this);
        }
    }

    /// <summary>
    /// Ends the thread after the call it is in, which the caller has made return. A call that was asked for and not begun will not be made.
    /// Loop thread.
    /// </summary>
    public void Dismiss()
    {
        if (_thread is null)
        {
            return;
        }

        int bell = Interlocked.Exchange(ref _bell[0], Dismissed);
        Futex.Wake(ref _bell[0]);
        if (bell == Asked)
        {
            Cancel();
        }
    }

    /// <summary>Ends a wait for which no call is under way. Loop thread.</summary>
    public void Cancel() => _completion.Complete(new SysResult(-Errno.ECANCELED));

    /// <summary>Waits until the thread has ended, when the loop has and nobody reads its mail. Loop thread.</summary>
    public void Join()
    {
        _thread?.Join();
        if (IsPending)
        {
            Cancel();
        }
    }

    private void Run()
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

        Interlocked.Decrement(ref loop.Blocking.Threads);
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
}
