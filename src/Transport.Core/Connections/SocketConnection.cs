using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Transport.Core.Connections.Input;
using Transport.Core.Connections.Output;
using Transport.Core.Diagnostics;
using Transport.Core.Features;
using Transport.Core.Listening;
using Transport.Core.Loops;
using Transport.Core.Loops.Sockets;

namespace Transport.Core.Connections;

/// <summary>
/// A connection. Receives from its socket to the input pipe on the loop's thread (<c>SocketConnection.Receive.cs</c>). Sends from the
/// output pipe to its socket there, or on the flushing thread (<c>SocketConnection.Send.cs</c>, <c>SocketConnection.SendFile.cs</c>).
/// Closing is in <c>SocketConnection.Close.cs</c>.
/// </summary>
internal sealed partial class SocketConnection : ConnectionContext,
    IConnectionIdFeature, IConnectionTransportFeature, IConnectionItemsFeature, IMemoryPoolFeature,
    IConnectionLifetimeFeature, IConnectionSocketFeature,
    ISendFileFeature, ILoopResident
{
    private readonly LoopConnection _socket;
    private readonly EventLoop _loop;
    private readonly ILogger _logger;
    private readonly bool _finOnError;
    private readonly TimeSpan _answerGraceTime;
    private readonly Pipe _input;
    private readonly Pipe _output;
    private readonly OutputWriter _outputWriter;
    private readonly DuplexPipe _originalTransport;
    private readonly ConnectionFeatures _features;
    private string? _connectionId;
    private IDictionary<object, object?>? _items;
    private Socket? _socketFeature;
    private Task _receiving = Task.CompletedTask;
    private Task _sending = Task.CompletedTask;

    /// <param name="socket">A socket of <paramref name="loop"/>; the connection closes it.</param>
    /// <param name="loop">The event loop of the connection.</param>
    /// <param name="pipes">The pipe options of the loop.</param>
    /// <param name="local">The local address.</param>
    /// <param name="remote">The peer's address.</param>
    /// <param name="finOnError">Whether to send FIN instead of RST after an error.</param>
    /// <param name="logger">The logger of the transport's category.</param>
    public SocketConnection(
        LoopConnection socket,
        EventLoop loop,
        ConnectionPipes pipes,
        EndPoint? local,
        EndPoint remote,
        bool finOnError,
        ILogger logger)
    {
        _socket = socket;
        _loop = loop;
        _logger = logger;
        _finOnError = finOnError;
        _answerGraceTime = pipes.AnswerGrace;
        _input = new Pipe(pipes.Input);
        _output = new Pipe(pipes.Output);
        _outputWriter = new OutputWriter(_output.Writer, loop, pipes.MaxWriteBufferSize);
        Transport = _originalTransport = new DuplexPipe(new InputReader(_input.Reader, loop), _outputWriter);
        LocalEndPoint = local;
        RemoteEndPoint = remote;
        ConnectionClosed = _connectionClosed.Token;
        _features = new ConnectionFeatures(ConnectionFeatures.OwnOf(remote, pipes.SendFile), this, loop);
    }

    /// <summary>The connection's place in the limit's count, if there is a limit; released when the socket is closed.</summary>
    public ConnectionAdmission? Admission { get; init; }

    /// <summary>Created once, since the loop logs it and the application reads it.</summary>
    public override string ConnectionId
    {
        get => _connectionId ?? Interlocked.CompareExchange(ref _connectionId, Connections.ConnectionId.Next(), null) ?? _connectionId;
        set => _connectionId = value;
    }

    public override IFeatureCollection Features => _features;

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    /// <summary>The application's ends. Middleware may replace them (TLS); this connection still completes the originals.</summary>
    public override IDuplexPipe Transport { get; set; }

    public override EndPoint? LocalEndPoint { get; set; }

    public override EndPoint? RemoteEndPoint { get; set; }

    public MemoryPool<byte> MemoryPool => _loop.MemoryPool;

    /// <summary>
    /// The socket, for options that this transport does not offer. Created on first use, does not own the descriptor, and is disposed
    /// before the descriptor is closed. It therefore never refers to a later connection with the same number.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The connection has been closed.</exception>
    public Socket Socket
    {
        get
        {
            lock (_closeGate)
            {
                ObjectDisposedException.ThrowIf(_socketFeature is null && _closed, this);
                return _socketFeature ??= _socket.CreateSocket();
            }
        }
    }

    /// <summary>Starts receiving and sending. Loop thread.</summary>
    public void Start()
    {
        _loop.Add(this);
        _sending = SendOutputAsync();
        _receiving = ReceiveInputAsync();
    }

    /// <summary>
    /// Closes the connection gracefully: what has been written is sent, then FIN. Completes when the socket is closed and the callbacks of
    /// <see cref="ConnectionClosed"/> have returned.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return;
        }

        // Completing a pipe returns its blocks to the application's memory pool, which may throw.
        Attempt(static connection => connection._originalTransport.Input.Complete());
        Attempt(static connection => connection._originalTransport.Output.Complete());
        EndAnswerGrace();
        try
        {
            await _receiving;
            await _sending;
        }
        catch (Exception exception)
        {
            TransportLog.UnexpectedError(_logger, ConnectionId, exception);
        }

        _connectionClosed.Dispose();
        _loop.ReleasePool();
        await base.DisposeAsync();
    }
}
