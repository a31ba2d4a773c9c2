using System.Buffers;
using System.IO.Pipelines;
using Transport.Core.Interop;
using Transport.Core.Loops;

namespace Transport.Blocking;

/// <summary>
/// A socket whose waiting is done by threads of its own. Its descriptor is closed by whoever lets go of it last: a number that is closed
/// while a thread is in a call on it may be another socket's by the time that the thread makes the next.
/// </summary>
internal abstract class BlockingSocket(BlockingLoop loop, int descriptor) : LoopSocket(descriptor)
{
    private readonly int _descriptor = descriptor;

    /// <summary>The loop, and every thread there is: at 0 the descriptor is closed.</summary>
    private int _users = 1;

    protected BlockingLoop Loop => loop;

    public bool IsClosed => Descriptor < 0;

    /// <summary>What an operation on a closed socket says, whether it was pending or comes late.</summary>
    protected static SysResult Canceled { get; } = new(-Errno.ECANCELED);

    public abstract override ValueTask<SysResult> AcceptAsync(PeerAddress peer);

    public abstract override ValueTask<SysResult> ReceiveAsync(PipeWriter input);

    public abstract override ValueTask<SysResult> SendAsync(ReadOnlySequence<byte> output);

    /// <summary>Nothing: the calls on it are its own threads' and its loop's.</summary>
    public override SysResult TrySend(ReadOnlySequence<byte> output) => new(-Errno.EAGAIN);

    public override void Close()
    {
        if (IsClosed)
        {
            return;
        }

        loop.AssertCurrent();
        Descriptor = -1;
        EndCalls(_descriptor);
        LetGo();
        DetachIfOver();
    }

    /// <summary>The loop has ended: closes, waits for the threads, and tells whoever still waits for them.</summary>
    public void End()
    {
        Close();
        Join();
    }

    /// <summary>Makes the calls that threads are in return, and dismisses the threads. Loop thread.</summary>
    protected abstract void EndCalls(int descriptor);

    /// <summary>No operation is under way, but perhaps one that is about to be over.</summary>
    protected abstract bool IsIdle(CallThread? except);

    protected abstract void Join();

    /// <summary>The descriptor is closed. Any thread.</summary>
    protected abstract void Released();

    /// <summary>Counts what a call brought, or throws it away, since nobody waits for it any more. Loop thread.</summary>
    protected abstract void Account(CallThread thread, SysResult result, bool isDiscarded);

    /// <summary>A call's result, as its awaiter is to see it. Loop thread.</summary>
    public SysResult Ended(CallThread thread, SysResult result)
    {
        Account(thread, result, isDiscarded: IsClosed);
        if (!IsClosed)
        {
            return result;
        }

        DetachIfOver(except: thread);
        return Canceled;
    }

    /// <summary>One more thread uses the descriptor.</summary>
    public void Hold() => Interlocked.Increment(ref _users);

    /// <summary>One user less. Any thread.</summary>
    public void LetGo()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            SocketCalls.Close(_descriptor);
            Released();
        }
    }

    private void DetachIfOver(CallThread? except = null)
    {
        if (IsClosed && IsIdle(except))
        {
            loop.Detach(this);
        }
    }
}
