using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Transport.Core.Diagnostics;
using Transport.Core.Listening;
using Transport.Core.Loops;

namespace Transport.Core.Hosting;

/// <summary>What Kestrel asks to listen: binds end points, on loops that all of them share.</summary>
internal sealed class TransportFactory : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <summary>EXIT_FAILURE: what service managers restart after (systemd's Restart=on-failure).</summary>
    private const int FailureExitCode = 1;

    private readonly IoModel _model;
    private readonly TransportOptions _options;
    private readonly TransportSelection _selection;
    private readonly bool _isLast;
    private readonly ConnectionLimits? _limits;
    private readonly EventLoopGroup _loops;
    private readonly ILogger _logger;
    private readonly ILogger _startLogger;
    private DescriptorReserve? _reserve;

    /// <param name="model">How the event loops work.</param>
    /// <param name="options">What the user set.</param>
    /// <param name="selection">What configuration selects.</param>
    /// <param name="isLast">Whether no <c>UseSockets()</c> came after the registration of this transport.</param>
    /// <param name="loggers">For the transport's category.</param>
    /// <param name="pools">Creates a memory pool for each event loop.</param>
    /// <param name="metrics">The meter.</param>
    /// <param name="lifetime">Stops the host when an event loop fails.</param>
    public TransportFactory(
        IoModel model,
        TransportOptions options,
        TransportSelection selection,
        bool isLast,
        ILoggerFactory loggers,
        IMemoryPoolFactory<byte> pools,
        TransportMetrics metrics,
        IHostApplicationLifetime? lifetime)
    {
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
    /// A loop has failed: the host stops, and the process ends with exit code 1 unless the application has set another or its Main returns
    /// one. On the thread pool, since the callbacks of ApplicationStopping are the application's and may block.
    /// </summary>
    private static void StopHost(IHostApplicationLifetime? lifetime)
    {
        if (Environment.ExitCode == 0)
        {
            Environment.ExitCode = FailureExitCode;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static lifetime => lifetime?.StopApplication(), lifetime, preferLocal: false);
    }

    /// <summary>As in the meter's tags and in <c>Kestrel:Transport:Use</c>.</summary>
    public string Name => _model.Name;

    /// <summary>
    /// Kestrel asks the factories in the reverse order of their registration, and the first that says yes binds. A transport that
    /// configuration selects takes all end points, whatever was registered after it.
    /// </summary>
    public bool CanBind(EndPoint endpoint)
    {
        if (!IsKnown(endpoint) || !_selection.Allows(Name))
        {
            return false;
        }

        return _selection.Selected is not null || (_isLast && (_options.Handles is null || _options.Handles(endpoint)));
    }

    private static bool IsKnown(EndPoint endpoint) => endpoint is IPEndPoint or UnixDomainSocketEndPoint or FileHandleEndPoint;

    /// <exception cref="AddressInUseException">The address is somebody else's.</exception>
    /// <exception cref="SocketException">The kernel refused for another reason, or the end point is none of the three.</exception>
    /// <exception cref="IOException">The kernel refused a loop what it needs.</exception>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        if (!IsKnown(endpoint))
        {
            throw new SocketException(
                (int)SocketError.ProtocolNotSupported,
                $"{endpoint} ({endpoint.GetType().Name}) is not an end point of this transport; allowed: IPEndPoint, UnixDomainSocketEndPoint, FileHandleEndPoint.");
        }

        ListenSocket socket = ListenSocket.Bind(endpoint, _options, _logger);
        try
        {
            EventLoop[] loops = await _loops.AcquireAsync();
            SocketListener listener = await SocketListener.StartAsync(
                socket, loops, _loops, _options, _reserve ??= DescriptorReserve.Create(_options.DescriptorReserve, _logger), _limits, _logger);
            TransportLog.Listening(_startLogger, listener.EndPoint, _model.Mechanism, loops.Length, _model.SchedulingOf(_options), socket.Strategy);
            return listener;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
