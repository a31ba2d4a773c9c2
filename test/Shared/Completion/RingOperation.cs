using Shared.Interop;
using Transport.Core.Loops.Sockets;

namespace Test.Shared.Completion;

/// <summary>One direction of a socket as a ring knows it: one operation at a time, which the ring completes when it likes.</summary>
internal sealed class RingOperation(CompletionRing ring, int descriptor, short events)
{
    private readonly SocketCompletion _completion = new();

    public int Descriptor => descriptor;

    /// <summary>What poll(2) waits for before <see cref="Call"/> is made.</summary>
    public short Events => events;

    /// <summary>Made on the ring's thread; null only waits.</summary>
    public Func<SysResult>? Call { get; private set; }

    /// <summary>Set by the ring's thread.</summary>
    public SysResult Result { get; set; }

    /// <summary>What the call threw: the memory is the application's. Set by the ring's thread.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Asked for under the ring's lock; an operation that has completed by then keeps its result.</summary>
    public bool IsCanceled { get; set; }

    /// <summary>Loop iterations that the result is still held back.</summary>
    public int Delay { get; set; }

    public bool IsPending => _completion.IsPending;

    /// <summary>Submits it. Loop thread.</summary>
    public ValueTask<SysResult> SubmitAsync(Func<SysResult>? call)
    {
        Call = call;
        IsCanceled = false;
        ValueTask<SysResult> completion = _completion.Wait();
        ring.Submit(this);
        return completion;
    }

    /// <summary>Has it end early, with −ECANCELED or with its result. Loop thread.</summary>
    public void Cancel()
    {
        if (IsPending)
        {
            ring.Cancel(this);
        }
    }

    /// <summary>Hands the result to whoever awaits it. Loop thread.</summary>
    public void Complete()
    {
        if (Failure is { } failure)
        {
            Failure = null;
            _completion.Fail(failure);
            return;
        }

        _completion.Complete(Result);
    }
}
