using Transport.Core.Loops;

namespace Transport.Core.Readiness;

/// <summary>The loop of every model that says when a descriptor may be ready and leaves the call to us.</summary>
internal sealed class ReadinessLoop(LoopSetup setup, Func<IPoller> createPoller) : EventLoop(setup)
{
    /// <summary>
    /// Reports a turn; what does not fit comes with the next. At 512 busy connections CPU per request was the same from 32 to 512, within
    /// noise. A guess, so that a turn answers those it has received from before it receives from the rest.
    /// </summary>
    private const int MaxReports = 128;

    private readonly Ready[] _ready = new Ready[MaxReports];
    private ReadinessSocket?[] _sockets = new ReadinessSocket?[256];
    private List<ReadinessSocket> _unfinished = [];
    private List<ReadinessSocket> _continuing = [];
    private IPoller? _poller;
    private SendShare _answers;
    private SendShare _leftovers;

    public IPoller Poller => _poller!;

    /// <summary>A bulk receive is not to overshoot a small read buffer by much.</summary>
    public int MaximumBuffer { get; } =
        (int)Math.Clamp(setup.Options.MaxReadBufferSize is null or 0 ? long.MaxValue : setup.Options.MaxReadBufferSize.Value, ReadinessSocket.MinimumBuffer, ReadinessSocket.MaximumBuffer);

    public override LoopSocket Attach(int descriptor, SocketRole role)
    {
        AssertCurrent();
        Poller.Add(descriptor, role).ThrowIfError($"{Name}: watching descriptor {descriptor}");
        if (descriptor >= _sockets.Length)
        {
            Array.Resize(ref _sockets, Math.Max(descriptor + 1, _sockets.Length * 2));
        }

        return _sockets[descriptor] = new ReadinessSocket(this, descriptor);
    }

    /// <summary>Stops watching a socket that is about to be closed.</summary>
    public void Detach(ReadinessSocket socket)
    {
        Poller.Remove(socket.Descriptor);
        _sockets[socket.Descriptor] = null;
    }

    /// <summary>What the turn sends of what it was asked to.</summary>
    public ref SendShare Answers => ref _answers;

    /// <summary>What it sends of what earlier turns have left: apart, or handlers that use up the turn's share would starve it.</summary>
    public ref SendShare Leftovers => ref _leftovers;

    /// <summary>A socket has had its share of this turn, and goes on in the next without a report.</summary>
    public void ContinueNextTurn(ReadinessSocket socket) => _unfinished.Add(socket);

    protected override void Start()
    {
        _poller = createPoller();
        Poller.Add(Waker.Descriptor, SocketRole.Waker).ThrowIfError($"{Name}: watching the eventfd");
        Poller.Arm(Waker.Descriptor, Readiness.Readable);
    }

    protected override void Wait(int timeoutMilliseconds)
    {
        (_unfinished, _continuing) = (_continuing, _unfinished);
        int count = (int)Poller.Wait(_ready, _continuing.Count > 0 ? 0 : timeoutMilliseconds).ThrowIfError($"{Name}: waiting");
        Counters.Waits++;
        _answers = default;
        _leftovers = default;
        Counters.Events += count;
        for (int i = 0; i < count; i++)
        {
            Ready ready = _ready[i];
            if (ready.Descriptor == Waker.Descriptor)
            {
                Poller.Woken(Waker);
            }
            else if (ready.Descriptor < _sockets.Length)
            {
                // Null, or a newer socket of the same number: the stale report of a descriptor that was closed earlier in this turn. A
                // hint, so it harms nobody.
                _sockets[ready.Descriptor]?.OnReady(ready.Readiness);
            }
        }

        foreach (ReadinessSocket socket in _continuing)
        {
            socket.Continue();
        }

        _continuing.Clear();
    }

    protected override void End()
    {
        foreach (ReadinessSocket? socket in _sockets)
        {
            socket?.Close();
        }

        _poller?.Dispose();
    }
}
