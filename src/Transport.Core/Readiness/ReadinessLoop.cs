using Transport.Core.Loops;
using Transport.Core.Loops.Merging;
using Transport.Core.Loops.Sockets;
using Transport.Core.Loops.Waiting;

namespace Transport.Core.Readiness;

/// <summary>The event loop of all readiness models: the poller reports events, and the loop's sockets make the calls.</summary>
internal sealed class ReadinessLoop(LoopSetup setup, Func<IPoller> createPoller) : EventLoop(setup), IMergeable
{
    /// <summary>
    /// The maximum number of events in a loop iteration. At 512 busy connections CPU per request was the same from 32 to 512, within noise.
    /// An estimate: an iteration sends the responses to what it has received before it receives from the rest.
    /// </summary>
    private const int MaxReports = 128;

    /// <summary>The waker's key, where the poller carries keys: no slot of the table.</summary>
    private const int WakerKey = SocketTable.NoKey;

    private readonly Ready[] _ready = new Ready[MaxReports];
    private SocketTable? _sockets;
    private List<IReadinessSocket> _unfinished = [];
    private List<IReadinessSocket> _continuing = [];
    private IPoller? _poller;
    private SendBudget _answers;
    private SendBudget _leftovers;
    private bool _isFull;
    private int _wakerKey;
    private volatile bool _hasEnded;

    public IPoller Poller => _poller!;

    private SocketTable Sockets => _sockets!;

    /// <summary>The maximum that a receive requests from its pipe.</summary>
    public int MaximumBuffer { get; } = ReceiveBuffer.MaximumOf(setup.Options);

    public override LoopListener AttachListener(int descriptor, bool isShared)
    {
        ReadinessListener listener = new(this, descriptor);
        Watch(descriptor, isShared ? SocketRole.SharedListener : SocketRole.Listener, listener);
        return listener;
    }

    public override LoopConnection AttachConnection(int descriptor)
    {
        ReadinessConnection connection = new(this, descriptor);
        Watch(descriptor, SocketRole.Connection, connection);
        return connection;
    }

    /// <summary>Deregisters a listener's descriptor, of which there may be others in use.</summary>
    public void DetachListener(int descriptor, int key)
    {
        Poller.Remove(descriptor);
        Sockets.Remove(key);
    }

    /// <summary>Deregisters a connection's descriptor, which is about to be closed.</summary>
    public void DetachConnection(int descriptor, int key)
    {
        Poller.Closing(descriptor);
        Sockets.Remove(key);
    }

    /// <summary>The budget of an iteration for new output.</summary>
    public ref SendBudget Answers => ref _answers;

    /// <summary>
    /// The budget for output that earlier iterations have left. Separate, because handlers that use up the iteration's budget would starve
    /// it.
    /// </summary>
    public ref SendBudget Leftovers => ref _leftovers;

    /// <summary>Queues a socket that has used up its budget. It continues in the next iteration without an event.</summary>
    public void ContinueNextIteration(IReadinessSocket socket) => _unfinished.Add(socket);

    protected override IMergeable? Mergeable => _poller?.Descriptor >= 0 ? this : null;

    int IMergeable.Descriptor => Poller.Descriptor;

    bool IMergeable.HasMoreReady => _isFull || _unfinished.Count > 0;

    bool IMergeable.HasEnded => _hasEnded;

    SysResult IMergeable.Watch(IMergeable loop, Guest guest) =>
        TryWatch(loop.Descriptor, SocketRole.Guest, new GuestPoller(guest, Counters));

    void IMergeable.Unwatch(IMergeable loop, Guest guest)
    {
        if (guest.Key == SocketTable.NoKey)
        {
            return;
        }

        // close(2) deregisters the descriptor of a loop that has ended. If it ends now and another socket gets the number, the call fails:
        // whoever has it is not registered here before this thread does so.
        if (!loop.HasEnded)
        {
            Poller.Remove(loop.Descriptor);
        }

        Sockets.Remove(guest.Key);
    }

    protected override void Start()
    {
        _poller = createPoller();
        _sockets = new SocketTable(bySlot: Poller.CarriesKeys);
        _wakerKey = Poller.CarriesKeys ? WakerKey : Waker.Descriptor;
        Poller.Add(Waker.Descriptor, SocketRole.Waker, _wakerKey).ThrowIfError($"{Name}: registering the eventfd");
        Poller.Arm(Waker.Descriptor, Readiness.Readable);
    }

    protected override void Wait(int timeoutMilliseconds)
    {
        (_unfinished, _continuing) = (_continuing, _unfinished);
        SysResult reported = Poller.Wait(_ready, _continuing.Count > 0 ? 0 : timeoutMilliseconds);
        if (reported.IsError)
        {
            // Tested here, so that the message is made only when there is one: 80 bytes for each wait, and a spin waits often.
            throw reported.ToException($"{Name}: waiting");
        }

        int count = (int)reported.Value;
        _isFull = count == _ready.Length;
        Counters.Waits++;
        _answers = default;
        _leftovers = default;
        Counters.Events += count;
        for (int i = 0; i < count; i++)
        {
            Ready ready = _ready[i];
            if (ready.Key == _wakerKey)
            {
                Poller.Woken(Waker);
            }
            else
            {
                // Null, or a newer socket with the same key: a stale event of a descriptor that was closed earlier in this iteration. It is
                // harmless, because events may be spurious.
                Sockets[ready.Key]?.OnReady(ready.Readiness);
            }
        }

        foreach (IReadinessSocket socket in _continuing)
        {
            socket.Continue();
        }

        _continuing.Clear();
    }

    protected override void End()
    {
        _sockets?.Close();
        _hasEnded = true;
        _poller?.Dispose();
    }

    private void Watch(int descriptor, SocketRole role, IReadinessSocket socket)
    {
        SysResult added = TryWatch(descriptor, role, socket);
        if (added.IsError)
        {
            throw added.ToException($"{Name}: registering descriptor {descriptor}");
        }
    }

    private SysResult TryWatch(int descriptor, SocketRole role, IReadinessSocket socket)
    {
        AssertCurrent();
        Sockets.Add(descriptor, socket);
        SysResult added = Poller.Add(descriptor, role, socket.Key);
        if (added.IsError)
        {
            Sockets.Remove(socket.Key);
        }

        return added;
    }
}
