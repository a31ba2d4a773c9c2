using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Transport.Core.Connections;
using Transport.Core.Diagnostics;
using Transport.Core.Interop;
using Transport.Core.Loops;

namespace Transport.Core.Listening;

/// <summary>
/// A listening end point as Kestrel sees it. Loops accept; connections start on their loop at once and wait here, in order, until Kestrel
/// asks for them.
/// </summary>
internal sealed class SocketListener : IConnectionListener
{
    /// <summary>So many may wait for Kestrel even if <see cref="TransportOptions.Backlog"/> is less: a guess, above a burst of one loop iteration.</summary>
    private const int MinimumUnclaimed = 64;
    /// <summary>
    /// How much longer than the shutdown token loops may take to stop accepting: a token that is cancelled from the start is no reason to
    /// force what takes microseconds. A guess.
    /// </summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);

    /// <summary>How often the end of a drain is looked for: it happens once in the life of a process.</summary>
    private static readonly TimeSpan DrainPoll = TimeSpan.FromMilliseconds(10);

    private readonly ListenSocket _socket;
    private readonly ILogger _logger;
    private readonly EventLoop[] _loops;
    private readonly EventLoopGroup _group;
    private readonly ConnectionFactory _connections;
    private readonly int _maxUnclaimed;
    private readonly TimeSpan _drainTime;
    private AcceptLoop[] _acceptLoops = [];

    /// <summary>
    /// Continuations run where the connection is offered, which is where application code runs: Kestrel's accept loop costs no hop to
    /// another thread.
    /// </summary>
    private readonly Channel<SocketConnection> _accepted = Channel.CreateUnbounded<SocketConnection>(new() { AllowSynchronousContinuations = true });
    private readonly Action<object?> _offer;
    private readonly Lock _gate = new();

    /// <summary>Descriptors on their way to another loop. Under the gate.</summary>
    private readonly HashSet<Hop> _hops = [];
    private Task? _stopped;
    private uint _next;

    /// <summary>Accepted and not yet asked for by Kestrel.</summary>
    private int _unclaimed;

    /// <summary>Unbound, with the loops or without them: nobody waits for them again.</summary>
    private bool _unbound;
    private bool _disposed;

    private SocketListener(ListenSocket socket, EventLoop[] loops, EventLoopGroup group, TransportOptions options, ConnectionLimits? limits, ILogger logger)
    {
        _socket = socket;
        _loops = loops;
        _group = group;
        _logger = logger;
        _connections = new ConnectionFactory(socket.EndPoint, socket.SetsOptionsPerConnection, options, limits, logger);
        _maxUnclaimed = Math.Max(options.Backlog, MinimumUnclaimed);
        _drainTime = options.DrainTime;
        _offer = connection => Offer((SocketConnection)connection!);
    }

    public EndPoint EndPoint => _socket.EndPoint;

    /// <exception cref="IOException">The kernel refused to let a loop watch the socket.</exception>
    public static async Task<SocketListener> StartAsync(
        ListenSocket socket, EventLoop[] loops, EventLoopGroup group, TransportOptions options, DescriptorReserve reserve, ConnectionLimits? limits, ILogger logger)
    {
        SocketListener listener = new(socket, loops, group, options, limits, logger);
        try
        {
            int count = socket.Strategy == AcceptStrategy.RoundRobin ? 1 : loops.Length;
            for (int i = 0; i < count; i++)
            {
                bool isShared = socket.Strategy == AcceptStrategy.Shared;
                AcceptLoop acceptLoop = new(loops[i], socket.DuplicateFor(i), isShared, socket.EndPoint, reserve, listener);
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

    /// <returns>The next connection; null once, and for ever after, the end point is unbound.</returns>
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
    /// Kestrel does not keep up, or has stopped asking: accepting pauses, so that the kernel's backlog holds further clients.
    /// </summary>
    public bool HasTooManyUnclaimed => Volatile.Read(ref _unclaimed) >= _maxUnclaimed;

    /// <summary>Why accepting pauses then, for the log.</summary>
    public string UnclaimedReason => $"{_maxUnclaimed} accepted connections wait for the server to take them";

    /// <summary>
    /// Stops accepting. Connections that Kestrel has not asked for yet are aborted: it will not ask any more, and nobody else knows of
    /// them.
    /// </summary>
    /// <param name="cancellationToken">Kestrel passes the host's shutdown token. Once it is cancelled, loops have <see cref="Grace"/> left;
    /// then the socket is closed without them. A loop needs that whose thread an inline handler blocks.</param>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
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
    /// Leaves open connections alone for <see cref="TransportOptions.DrainTime"/>. The listening socket is closed before, so that further clients
    /// are refused, or served by the process that holds it too.
    /// </summary>
    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        if (_drainTime == TimeSpan.Zero)
        {
            return;
        }

        _socket.Dispose();
        long end = Environment.TickCount64 + (long)_drainTime.TotalMilliseconds;
        while (HasConnections() && Environment.TickCount64 < end && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(DrainPoll, CancellationToken.None);
        }
    }

    /// <summary>Open on the event loops, of this end point and others, or on the way to Kestrel.</summary>
    private bool HasConnections() =>
        Volatile.Read(ref _unclaimed) > 0 || Array.Exists(_loops, static loop => Interlocked.Read(ref loop.Counters.Connections) > 0);

    /// <returns>False when the token, and the grace after it, came first.</returns>
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

    /// <summary>A client arrives: chooses its loop. On the accepting loop's thread.</summary>
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

    /// <summary>The loops that they are on their way to are blocked: the clients are reset now.</summary>
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

    /// <summary>On the connection's own loop: it begins to receive, and is offered where application code runs.</summary>
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

    /// <summary>One connection less waits for Kestrel; at half of the limit accepting resumes.</summary>
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

    /// <summary>A descriptor on its way to another loop. Whoever takes it owns it: the loop, or the thread that refuses the client.</summary>
    private sealed class Hop(SocketListener listener, EventLoop loop, int descriptor, EndPoint peer)
    {
        private int _descriptor = descriptor;

        /// <summary>On the connection's loop.</summary>
        public void Land()
        {
            if (TryTake(out int descriptor))
            {
                listener.Start(loop, descriptor, peer);
            }
        }

        /// <summary>RST to the client. Any thread.</summary>
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
