using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Transport.Core.Diagnostics;
using Transport.Core.HandOver;
using Transport.Core.Health;
using Transport.Core.Interop.Threads;
using Transport.Core.Listening;
using Transport.Core.Loops;
using Transport.Core.Systemd;

namespace Transport.Core.Hosting;

/// <summary>Kestrel's listener factory of a transport: binds end points on event loops that all of them share.</summary>
internal sealed class TransportFactory : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <summary>EXIT_FAILURE: service managers restart the process after it (systemd's Restart=on-failure).</summary>
    private const int FailureExitCode = 1;

    private readonly IoModel _model;
    private readonly TransportOptions _options;
    private readonly TransportSelection _selection;
    private readonly bool _isLast;
    private readonly ConnectionLimits? _limits;
    private readonly EventLoopGroup _loops;
    private readonly ListenerHandOvers _handOvers;
    private readonly Lazy<DescriptorStore>? _store;
    private readonly DrainState _drain;
    private readonly ListeningEndPoints _endPoints;
    private readonly ILogger _logger;
    private readonly ILogger _startLogger;
    private DescriptorReserve? _reserve;

    /// <param name="model">The I/O model of the event loops.</param>
    /// <param name="options">The options that the user has set.</param>
    /// <param name="selection">The transport that configuration selects.</param>
    /// <param name="isLast">Whether <c>UseSockets()</c> was not called after this transport was registered.</param>
    /// <param name="loggers">Creates the logger of the transport's category.</param>
    /// <param name="pools">Creates a memory pool for each event loop.</param>
    /// <param name="metrics">The meter.</param>
    /// <param name="handOvers">The hand-overs of listening sockets between processes.</param>
    /// <param name="store">The sockets that systemd keeps.</param>
    /// <param name="drain">Whether listeners drain.</param>
    /// <param name="endPoints">The end points that are served, for the health check.</param>
    /// <param name="lifetime">Stops the host when an event loop fails.</param>
    public TransportFactory(
        IoModel model,
        TransportOptions options,
        TransportSelection selection,
        bool isLast,
        ILoggerFactory loggers,
        IMemoryPoolFactory<byte> pools,
        TransportMetrics metrics,
        ListenerHandOvers handOvers,
        Lazy<DescriptorStore> store,
        DrainState drain,
        ListeningEndPoints endPoints,
        IHostApplicationLifetime? lifetime)
    {
        _handOvers = handOvers;
        _store = options.SystemdFileDescriptorStore ? store : null;
        _drain = drain;
        _endPoints = endPoints;
        _model = model;
        _options = options;
        _selection = selection;
        _isLast = isLast;
        _limits = ConnectionLimits.Create(options);
        _logger = new GuardedLogger(loggers.CreateLogger($"{IoModel.LogPrefix}.{model.LogName}"));
        _startLogger = new GuardedLogger(loggers.CreateLogger(TransportLog.StartCategory));
        _loops = new EventLoopGroup(model, options, _logger, pools, metrics, () => StopHost(lifetime));
    }

    /// <summary>
    /// Stops the host after a failure. The process ends with exit code 1 unless the application has set another or its Main returns
    /// one. Runs on the thread pool: callbacks of ApplicationStopping are application code and may block.
    /// </summary>
    internal static void StopHost(IHostApplicationLifetime? lifetime)
    {
        if (Environment.ExitCode == 0)
        {
            Environment.ExitCode = FailureExitCode;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static lifetime => lifetime?.StopApplication(), lifetime, preferLocal: false);
    }

    /// <summary>The name in the meter's tags and in <c>Kestrel:Transport:Use</c>.</summary>
    public string Name => _model.Name;

    /// <summary>
    /// Kestrel asks the factories in the reverse order of their registration, and the first that accepts the end point binds it. A
    /// transport that configuration selects takes all end points, including those of transports registered after it.
    /// </summary>
    public bool CanBind(EndPoint endpoint)
    {
        if (!IsKnown(endpoint))
        {
            return false;
        }

        bool isServedBySockets = _selection.Selected is { } selected ? selected == TransportSelection.Sockets : !_isLast;
        if (isServedBySockets && endpoint is not FileHandleEndPoint)
        {
            _store?.Value.Release(endpoint);
        }

        if (!_selection.Allows(Name))
        {
            return false;
        }

        return _selection.Selected is not null || (_isLast && (_options.Handles is null || _options.Handles(endpoint)));
    }

    private static bool IsKnown(EndPoint endpoint) => endpoint is IPEndPoint or UnixDomainSocketEndPoint or FileHandleEndPoint;

    /// <exception cref="AddressInUseException">The address is in use by another socket.</exception>
    /// <exception cref="SocketException">The kernel failed for another reason, or the end point type is not supported.</exception>
    /// <exception cref="IOException">The kernel refused a resource that an event loop needs.</exception>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        try
        {
            return await BindAsync(endpoint);
        }
        catch (Exception exception) when (ThreadLimit.IsCauseOf(exception))
        {
            throw ThreadLimit.Exception($"{Name} does not listen on {endpoint}", exception);
        }
    }

    private async Task<IConnectionListener> BindAsync(EndPoint endpoint)
    {
        if (!IsKnown(endpoint))
        {
            throw new SocketException(
                (int)SocketError.ProtocolNotSupported,
                $"{endpoint} ({endpoint.GetType().Name}) is not an end point of this transport; "
                + "allowed: IPEndPoint, UnixDomainSocketEndPoint, FileHandleEndPoint.");
        }

        // A descriptor belongs to whoever passed it to this process.
        bool isPassed = endpoint is FileHandleEndPoint;
        ListenerHandOver? handOver = isPassed ? null : _handOvers.At(_options.HandOverPath);
        DescriptorStore? store = isPassed ? null : _store?.Value;
        if (endpoint is FileHandleEndPoint passed)
        {
            _store?.Value.Check(passed);
        }

        Socket[] inherited = handOver?.Take(endpoint) ?? store?.Take(endpoint) ?? [];
        if (store is not null && inherited.Length == 0 && endpoint is UnixDomainSocketEndPoint unix)
        {
            UnixSocketFile.DeleteIfUnused(unix);
        }

        ListenSocket socket = inherited.Length > 0
            ? ListenSocket.Adopt(inherited, _options)
            : ListenSocket.Bind(endpoint, _options, _logger);
        try
        {
            EventLoop[] loops = await _loops.AcquireAsync();
            SocketListener listener = await SocketListener.StartAsync(
                socket,
                loops,
                _loops,
                _options,
                _reserve ??= DescriptorReserve.Create(_options.DescriptorReserve, _logger),
                _limits,
                _drain,
                _logger);
            handOver?.Offer(endpoint, socket);
            if (store is not null)
            {
                store.Offer(endpoint, socket);
                listener.Unbinding = () => store.Unbinding(socket);
            }

            ListeningEndPoint listening = new(listener.EndPoint, _model.Name, _model.Mechanism);
            _endPoints.Add(listening);
            listener.Unbound = () => _endPoints.Remove(listening);
            TransportLog.Listening(
                _startLogger, listener.EndPoint, _model.Mechanism, loops.Length, _model.SchedulingOf(_options), socket.Strategy);
            return listener;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
