using Transport.Core.Interop;
using Transport.Core.Loops;
using Transport.Core.Loops.Sockets;
using Transport.Core.Loops.Waiting;

namespace Test.Shared.Completion;

/// <summary>
/// The loop of a completion model, as io_uring is one: operations are handed over and end at some later time, those of closed sockets too.
/// The contract suite on it shows that nothing above seam A assumes readiness.
/// </summary>
internal sealed unsafe class CompletionLoop(LoopSetup setup) : EventLoop(setup)
{
    private readonly HashSet<ICompletionSocket> _sockets = [];
    private CompletionRing? _ring;

    public CompletionRing Operations => _ring!;

    public int MaximumBuffer { get; } = ReceiveBuffer.MaximumOf(setup.Options);

    public override LoopListener AttachListener(int descriptor, bool isShared)
    {
        AssertCurrent();
        CompletionListener listener = new(this, descriptor);
        _sockets.Add(listener);
        return listener;
    }

    public override LoopConnection AttachConnection(int descriptor)
    {
        AssertCurrent();
        CompletionConnection connection = new(this, descriptor);
        _sockets.Add(connection);
        return connection;
    }

    /// <summary>The ring holds nothing of the socket any more, and its descriptor is closed. Loop thread.</summary>
    public void Detach(ICompletionSocket socket) => _sockets.Remove(socket);

    protected override void Start() => _ring = new CompletionRing($"{Name} ring", Waker.Wake);

    protected override void Wait(int timeoutMilliseconds)
    {
        Counters.Waits++;
        Await(Operations.HasLate ? 0 : timeoutMilliseconds);
        Operations.Deliver();
    }

    protected override void Reap() => Operations.Deliver();

    protected override void End()
    {
        foreach (ICompletionSocket socket in _sockets.ToArray())
        {
            socket.Close();
        }

        while (_sockets.Count > 0)
        {
            Await(Operations.HasLate ? 0 : 1);
            Operations.Deliver();
        }

        _ring?.Dispose();
    }

    private void Await(int timeoutMilliseconds)
    {
        Libc.pollfd wake = new() { fd = Waker.Descriptor, events = Libc.POLLIN };
        if (Libc.poll(&wake, 1, timeoutMilliseconds) > 0)
        {
            Counters.Events++;
            Waker.Drain();
        }
    }
}
