using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Transport.Core.Diagnostics;
using Transport.Core.Features;
using Transport.Core.Listening;
using Transport.Core.Loops;

namespace Transport.Core.Connections;

/// <summary>
/// A connection: bytes from its socket to the input pipe, on the loop's thread, and from the output pipe to its socket, there or where a
/// flush came from (<c>SocketConnection.Receive.cs</c>, <c>SocketConnection.Send.cs</c>, <c>SocketConnection.SendFile.cs</c>), and the end of both
/// (<c>SocketConnection.Close.cs</c>).
/// </summary>
internal sealed partial class SocketConnection : ConnectionContext,
    IConnectionIdFeature, IConnectionTransportFeature, IConnectionItemsFeature, IMemoryPoolFeature, IConnectionLifetimeFeature, IConnectionSocketFeature,
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
    private readonly ConnectionFeatures _features = new();
    private string? _connectionId;
    private IDictionary<object, object?>? _items;
    private Socket? _socketFeature;
    private Task _receiving = Task.CompletedTask;
    private Task _sending = Task.CompletedTask;

    /// <param name="socket">Attached to <paramref name="loop"/>; the connection's to close.</param>
    /// <param name="loop">Where all of this runs.</param>
    /// <param name="pipes">How the loop's pipes work.</param>
    /// <param name="local">Our address.</param>
    /// <param name="remote">The peer's.</param>
    /// <param name="finOnError">FIN where RST would tell the peer of an error.</param>
    /// <param name="logger">The transport's category.</param>
    public SocketConnection(LoopConnection socket, EventLoop loop, ConnectionPipes pipes, EndPoint? local, EndPoint remote, bool finOnError, ILogger logger)
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
        _features.Set<IConnectionIdFeature>(this);
        _features.Set<IConnectionTransportFeature>(this);
        _features.Set<IConnectionItemsFeature>(this);
        _features.Set<IMemoryPoolFeature>(this);
        _features.Set<IConnectionLifetimeFeature>(this);
        _features.Set<IConnectionSocketFeature>(this);
        _features.Set<IEventLoopFeature>(loop);
        if (pipes.SendFile)
        {
            _features.Set<ISendFileFeature>(this);
        }

        SetPeerFeature();
    }

    /// <summary>The place in the count of connections, if there is a limit; ended when the socket is closed.</summary>
    public ConnectionAdmission? Admission { get; init; }

    /// <summary>Asked for by the loop, which logs it, and by the application: both must see the same one.</summary>
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

    /// <summary>The application's ends. Middleware may put others before them (TLS); the originals remain ours to end.</summary>
    public override IDuplexPipe Transport { get; set; }

    public override EndPoint? LocalEndPoint { get; set; }

    public override EndPoint? RemoteEndPoint { get; set; }

    public MemoryPool<byte> MemoryPool => _loop.MemoryPool;

    /// <summary>
    /// The socket, for options that nobody else offers. Made when it is first asked for, owns nothing, and is disposed before the
    /// descriptor is closed, so that it never means a later connection of the same number.
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

    /// <summary>Begins to receive and to send. Loop thread.</summary>
    public void Start()
    {
        _loop.Add(this);
        _sending = SendOutputAsync();
        _receiving = ReceiveInputAsync();
    }

    /// <summary>
    /// Ends the connection gracefully: what has been written is sent, then FIN. Returns when the socket is closed and those who
    /// listened to <see cref="ConnectionClosed"/> have been told.
    /// </summary>
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
