using System.Net;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Transport.Core.Connections;
using Transport.Core.Diagnostics;
using Transport.Core.HandOver;
using Transport.Core.Interop.Sockets;
using Transport.Core.Loops;

namespace Transport.Core.Listening;

/// <summary>
/// Kestrel's listener of an end point. The loops accept. A connection starts on its loop at once and is queued here, in order, until
/// Kestrel asks for it.
/// </summary>
internal sealed class SocketListener : IConnectionListener
{
    /// <summary>
    /// The minimum length of the queue, if <see cref="TransportOptions.Backlog"/> is less. An estimate, above a burst of one loop
    /// iteration.
    /// </summary>
    private const int MinimumUnclaimed = 64;
    /// <summary>
    /// The time that loops have after the shutdown token to stop accepting. A token that is cancelled from the start does not force what
    /// takes microseconds. An estimate.
    /// </summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);

    /// <summary>How often the drain checks for open connections. It happens once in the life of a process.</summary>
    private static readonly TimeSpan DrainPoll = TimeSpan.FromMilliseconds(10);

    private readonly ListenSocket _socket;
    private readonly ILogger _logger;
    private readonly EventLoop[] _loops;
    private readonly EventLoopGroup _group;
    private readonly ConnectionFactory _connections;
    private readonly int _maxUnclaimed;
    private readonly TimeSpan _drainTime;
    private readonly DrainState _drain;
    private readonly ListenerCounters[] _counters;
    private AcceptLoop[] _acceptLoops = [];

    /// <summary>
    /// Continuations run where the connection is offered, which is where application code runs: Kestrel's accept loop does not switch to
    /// another thread.
    /// </summary>
    private readonly Channel<SocketConnection> _accepted =
        Channel.CreateUnbounded<SocketConnection>(new() { AllowSynchronousContinuations = true });
    private readonly Action<object?> _offer;
    private readonly Lock _gate = new();

    /// <summary>Descriptors that are being handed over to another loop. Under the gate.</summary>
    private readonly HashSet<Hop> _hops = [];
    private Task? _stopped;
    private uint _next;

    /// <summary>The number of accepted connections that Kestrel has not asked for.</summary>
    private int _unclaimed;

    /// <summary>Unbound, with the loops or without them: the loops' completion is not awaited again.</summary>
    private bool _unbound;
    private bool _disposed;

    private SocketListener(
        ListenSocket socket,
        EventLoop[] loops,
        EventLoopGroup group,
        TransportOptions options,
        ConnectionLimits? limits,
        DrainState drain,
        ILogger logger)
    {
        _drain = drain;
        _counters = [.. loops.Select((_, index) => group.CountersOf(index, socket.EndPoint))];
        _socket = socket;
        _loops = loops;
        _group = group;
        _logger = logger;
        _connections = new ConnectionFactory(socket.EndPoint, socket.SetsOptionsPerConnection, options, limits, CountersOf, logger);
        _maxUnclaimed = Math.Max(options.Backlog, MinimumUnclaimed);
        _drainTime = options.DrainTime;
        _offer = connection => Offer((SocketConnection)connection!);
    }

    public EndPoint EndPoint => _socket.EndPoint;

    /// <summary>The counters of this end point on one of its loops.</summary>
    public ListenerCounters CountersOf(EventLoop loop) => _counters[Array.IndexOf(_loops, loop)];

    /// <summary>Called before the end point is unbound, once or several times.</summary>
    public Action? Unbinding { get; set; }

    /// <summary>Called when the end point is unbound, once or several times.</summary>
    public Action? Unbound { get; set; }

    /// <exception cref="IOException">The kernel did not let a loop register the socket.</exception>
    public static async Task<SocketListener> StartAsync(
        ListenSocket socket,
            EventLoop[] loops,
            EventLoopGroup group,
            TransportOptions options,
            DescriptorReserve reserve,
            ConnectionLimits? limits,
            DrainState drain,
            ILogger logger)
    {
        SocketListener listener = new(socket, loops, group, options, limits, drain, logger);
        try
        {
            bool isShared = socket.Strategy == AcceptStrategy.Shared;
            bool isRoundRobin = socket.Strategy == AcceptStrategy.RoundRobin;
            int count = isRoundRobin ? socket.Count : loops.Length;
            for (int i = 0; i < count; i++)
            {
                EventLoop loop = isRoundRobin ? loops[0] : loops[i];
                AcceptLoop acceptLoop = new(loop, socket.DuplicateFor(i), isShared, socket.EndPoint, reserve, listener);
                await acceptLoop.StartAsync();
                listener._acceptLoops = [.. listener._acceptLoops, acceptLoop];
            }

            return listener;
        }
        catch
        {
            await listener.DisposeAsync();
            throw;
        }
    }

    /// <returns>The next connection; null after the end point is unbound.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _accepted.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_accepted.Reader.TryRead(out SocketConnection? connection))
            {
                Claimed();
                return connection;
            }
        }

        return null;
    }

    /// <summary>
    /// Whether Kestrel does not keep up, or has stopped accepting. Accepting then pauses, so that the kernel's backlog holds further
    /// clients.
    /// </summary>
    public bool HasTooManyUnclaimed => Volatile.Read(ref _unclaimed) >= _maxUnclaimed;

    /// <summary>The reason for that pause, for the log.</summary>
    public string UnclaimedReason => $"the server has not taken {_maxUnclaimed} accepted connections yet";

    /// <summary>
    /// Stops accepting, and aborts connections that Kestrel has not asked for: it will not ask for them any more.
    /// </summary>
    /// <param name="cancellationToken">The host's shutdown token. Once it is cancelled, loops have <see cref="Grace"/> left; then the
    /// socket is closed without them. That is necessary if an inline handler blocks a loop's thread.</param>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        Unbinding?.Invoke();
        Task stopped;
        lock (_gate)
        {
            stopped = _stopped ??= Task.WhenAll(_acceptLoops.Select(acceptLoop => acceptLoop.StopAsync()));
        }

        if (!Volatile.Read(ref _unbound))
        {
            if (await EndsAsync(stopped, cancellationToken))
            {
                await DrainAsync(cancellationToken);
            }
            else
            {
                TransportLog.UnbindForced(_logger, EndPoint);
                _socket.Shutdown();
            }
        }

        Volatile.Write(ref _unbound, true);
        Unbound?.Invoke();
        RefuseHops();
        _socket.Dispose();
        _accepted.Writer.TryComplete();
        while (_accepted.Reader.TryRead(out SocketConnection? connection))
        {
            Refuse(connection);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync();
        if (!Interlocked.Exchange(ref _disposed, true))
        {
            await _group.ReleaseAsync();
        }
    }

    /// <summary>
    /// Waits for open connections for up to <see cref="TransportOptions.DrainTime"/>; each ends with its next response. The listening
    /// socket is closed before, so further clients are refused, or served by another process that holds the socket.
    /// </summary>
    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        if (_drainTime == TimeSpan.Zero)
        {
            return;
        }

        _socket.Dispose();
        long end = Environment.TickCount64 + (long)_drainTime.TotalMilliseconds;
        _drain.Begin();
        while (HasConnections() && Environment.TickCount64 < end && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(DrainPoll, CancellationToken.None);
        }

        _drain.End();
    }

    /// <summary>Whether connections are open on the event loops, of this end point or others, or are being handed over.</summary>
    private bool HasConnections() =>
        Volatile.Read(ref _unclaimed) > 0 || Array.Exists(_loops, static loop => Interlocked.Read(ref loop.Counters.Connections) > 0);

    /// <returns>False if the token was cancelled and the grace period expired first.</returns>
    private static async Task<bool> EndsAsync(Task stopped, CancellationToken cancellationToken)
    {
        try
        {
            await stopped.WaitAsync(cancellationToken);
            return true;
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAny(stopped, Task.Delay(Grace, CancellationToken.None));
            return stopped.IsCompleted;
        }
    }

    /// <summary>Assigns a new connection to a loop. On the accepting loop's thread.</summary>
    public void HandOver(EventLoop acceptedOn, int descriptor, EndPoint peer)
    {
        Interlocked.Increment(ref _unclaimed);
        EventLoop loop = _socket.Strategy == AcceptStrategy.RoundRobin ? _loops[_next++ % (uint)_loops.Length] : acceptedOn;
        if (loop == acceptedOn)
        {
            Start(loop, descriptor, peer);
            return;
        }

        Hop hop = new(this, loop, descriptor, peer);
        lock (_gate)
        {
            _hops.Add(hop);
        }

        if (!loop.TryPost(static hop => ((Hop)hop!).Land(), hop))
        {
            hop.Refuse();
        }
    }

    /// <summary>Resets the connections that are being handed over to blocked loops.</summary>
    private void RefuseHops()
    {
        Hop[] hops;
        lock (_gate)
        {
            hops = [.. _hops];
        }

        foreach (Hop hop in hops)
        {
            hop.Refuse();
        }
    }

    /// <summary>Starts receiving on the connection's own loop, and offers the connection where application code runs.</summary>
    private void Start(EventLoop loop, int descriptor, EndPoint peer)
    {
        if (_connections.TryStart(loop, descriptor, peer, out SocketConnection? connection))
        {
            loop.Application.Schedule(_offer, connection);
        }
        else
        {
            Claimed();
        }
    }

    private void Offer(SocketConnection connection)
    {
        if (!_accepted.Writer.TryWrite(connection))
        {
            Refuse(connection);
        }
    }

    /// <summary>Counts a connection that Kestrel has taken; at half of the limit accepting resumes.</summary>
    private void Claimed()
    {
        if (Interlocked.Decrement(ref _unclaimed) == _maxUnclaimed / 2)
        {
            foreach (AcceptLoop acceptLoop in _acceptLoops)
            {
                acceptLoop.Resume();
            }
        }
    }

    private static void Refuse(SocketConnection connection)
    {
        connection.Abort(new ConnectionAbortedException("The end point was unbound before the connection was accepted."));
        _ = connection.DisposeAsync().AsTask();
    }

    /// <summary>
    /// A descriptor that is being handed over to another loop. Taken once: by that loop, or by the thread that refuses the client.
    /// </summary>
    private sealed class Hop(SocketListener listener, EventLoop loop, int descriptor, EndPoint peer)
    {
        private int _descriptor = descriptor;

        /// <summary>Starts the connection. On the connection's loop.</summary>
        public void Land()
        {
            if (TryTake(out int descriptor))
            {
                listener.Start(loop, descriptor, peer);
            }
        }

        /// <summary>Sends RST to the client. Any thread.</summary>
        public void Refuse()
        {
            if (TryTake(out int descriptor))
            {
                SocketCalls.ResetOnClose(descriptor);
                SocketCalls.Close(descriptor);
                listener.Claimed();
            }
        }

        private bool TryTake(out int descriptor)
        {
            lock (listener._gate)
            {
                listener._hops.Remove(this);
            }

            descriptor = Interlocked.Exchange(ref _descriptor, -1);
            return descriptor >= 0;
        }
    }
}
