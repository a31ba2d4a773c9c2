using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Transport.Core.Diagnostics;
using Transport.Core.Interop;
using Transport.Core.Interop.Sockets;

namespace Transport.Core.Listening;

/// <summary>
/// A bound and listening end point: one socket, or with SO_REUSEPORT one for each loop. The framework creates the sockets: it supports dual
/// mode and systemd's descriptors. Loops accept from duplicates of the descriptors.
/// </summary>
internal sealed partial class ListenSocket : IDisposable
{
    /// <summary>Kept until the process ends, since the finalizer of Socket removes the file of a Unix socket.</summary>
    private static readonly List<Socket> s_withFile = [];

    private readonly List<Socket> _sockets;
    private readonly Lock _gate = new();
    private bool _ownsFile;
    private FileIdentity? _file;
    private bool _isShutDown;

    /// <summary>Another process has taken the sockets over.</summary>
    private bool _isGivenAway;
    private bool _isTakenBack;

    /// <summary>Received from a previous process, which may still serve. Until <see cref="OwnFile"/>.</summary>
    private bool _isAdopted;

    /// <summary>The number of processes that have been sent the descriptors and have not answered yet.</summary>
    private int _pending;

    private ListenSocket(Socket first, AcceptStrategy strategy)
    {
        _sockets = [first];
        EndPoint = first.LocalEndPoint!;
        Strategy = strategy;
    }

    /// <summary>The end point, with the port that the kernel has assigned.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>Whether another process may listen on the same socket, because it was inherited as a descriptor.</summary>
    public bool IsInherited { get; private init; }

    /// <summary>The accept strategy in use, which may be a fallback.</summary>
    public AcceptStrategy Strategy { get; private set; }

    /// <summary>
    /// Whether the socket was listening already when it was passed in (systemd, CreateBoundListenSocket). Clients that connected before the
    /// TCP options were set have not inherited them.
    /// </summary>
    public bool SetsOptionsPerConnection { get; private set; }

    /// <exception cref="AddressInUseException">Another process, perhaps another instance of the application, uses the address.</exception>
    /// <exception cref="SocketException">The kernel failed for another reason. Kestrel distinguishes the two.</exception>
    public static ListenSocket Bind(EndPoint endPoint, TransportOptions options, ILogger logger)
    {
        Socket? first = null;
        using FolderLock? folderOfFile = UnixSocketFile.Lock(endPoint);
        try
        {
            first = options.CreateBoundListenSocket(endPoint);
            ListenSocket bound = new(first, options.LoopCount == 1 ? AcceptStrategy.RoundRobin : options.AcceptStrategy)
            {
                IsInherited = endPoint is FileHandleEndPoint,
            };
            bound.SetsOptionsPerConnection =
                TcpSettings.Any(options)
                && bound.EndPoint is IPEndPoint
                && SocketCalls.IsListening((int)first.SafeHandle.DangerousGetHandle());
            bound.Prepare(first, options);
            if (endPoint is UnixDomainSocketEndPoint unix)
            {
                UnixSocketFile.Apply(unix, options);
                bound.Own();
            }

            first.Listen(options.Backlog);
            if (bound.Strategy == AcceptStrategy.ReusePort)
            {
                bound.AddReusePortSockets(endPoint, options, logger);
            }

            return bound;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            first?.Dispose();
            throw new AddressInUseException(exception.Message, exception);
        }
        catch (SocketException exception)
            when (endPoint is UnixDomainSocketEndPoint unix && UnixSocketFile.MissingFolder(unix) is { } folder)
        {
            first?.Dispose();
            throw new SocketException(
                (int)exception.SocketErrorCode, $"A Unix socket cannot be created at {unix}: the folder {folder} does not exist.");
        }
        catch
        {
            first?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Listens on the sockets of a previous process, which may still accept on them. If their number is that of the loops, each loop gets
    /// one; otherwise one loop accepts from all, so that no socket of an SO_REUSEPORT group is left alone with its clients.
    /// </summary>
    /// <exception cref="SocketException">The kernel refused a call.</exception>
    /// <exception cref="IOException">The kernel refused a socket option.</exception>
    public static ListenSocket Adopt(Socket[] sockets, TransportOptions options)
    {
        AcceptStrategy strategy =
            sockets.Length == 1 && options.LoopCount > 1
                ? (options.AcceptStrategy == AcceptStrategy.ReusePort ? options.WithoutReusePort : options.AcceptStrategy)
            : sockets.Length == options.LoopCount && sockets.Length > 1 ? AcceptStrategy.ReusePort
            : AcceptStrategy.RoundRobin;
        ListenSocket adopted = new(sockets[0], strategy) { _isAdopted = true };
        adopted._sockets.AddRange(sockets.Skip(1));
        try
        {
            foreach (Socket socket in sockets)
            {
                adopted.Prepare(socket, options);
                socket.Listen(options.Backlog);
            }

            return adopted;
        }
        catch
        {
            adopted.Dispose();
            throw;
        }
    }

    /// <summary>The number of sockets to accept from.</summary>
    public int Count => _sockets.Count;

    public bool IsDisposed { get; private set; }

    /// <summary>Whether the sockets are those of a previous process.</summary>
    public bool IsAdopted => Volatile.Read(ref _isAdopted);

    /// <summary>Returns a descriptor of the socket with this number, or of the only one. The loop that accepts from it closes it.</summary>
    /// <exception cref="IOException">The descriptor limit is reached.</exception>
    public int DuplicateFor(int number)
    {
        Socket socket = _sockets[Strategy == AcceptStrategy.Shared ? 0 : number];
        return (int)SocketCalls.Duplicate((int)socket.SafeHandle.DangerousGetHandle()).ThrowIfError("fcntl(F_DUPFD_CLOEXEC)");
    }

    /// <summary>
    /// Stops listening while loops still hold duplicates of the descriptor. shutdown(2) acts on the socket, so no number is closed that
    /// another thread is about to use. Clients in the backlog get RST. A socket that other processes may use is not shut down. Any thread,
    /// before <see cref="Dispose"/>.
    /// </summary>
    public void Shutdown()
    {
        lock (_gate)
        {
            if (IsShared || IsDisposed)
            {
                return;
            }

            _isShutDown = true;
            foreach (Socket socket in _sockets)
            {
                SocketCalls.Shutdown((int)socket.SafeHandle.DangerousGetHandle());
            }
        }
    }

    /// <summary>
    /// Stops listening, and removes a Unix socket's file that this object created, unless another process may listen on it. Clients in the
    /// backlog get RST.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (IsDisposed)
            {
                return;
            }

            if (_isTakenBack)
            {
                Shutdown();
            }

            IsDisposed = true;

            // Before the socket is closed: until then no other file gets its inode number.
            if (!IsShared && _ownsFile && FilePath is { } path)
            {
                UnixSocketFile.DeleteIfSame(path, _file);
            }

            foreach (Socket socket in _sockets)
            {
                Close(socket);
            }

            if (IsShared)
            {
                DeleteUnusedFile();
            }
        }
    }

    /// <summary>
    /// Adds a socket for each further loop. The first one is bound and listens without SO_REUSEPORT, which proves that no other socket uses
    /// the address. Only then is the flag set on it, and the others join. A second instance fails at its own first bind. A socket of
    /// another program that joins the group gets no clients (<see cref="ReusePortFilter"/>).
    /// </summary>
    private void AddReusePortSockets(EndPoint endPoint, TransportOptions options, ILogger logger)
    {
        string? refusal =
            endPoint is not IPEndPoint ? "only IP end points support SO_REUSEPORT"
            : options.CreateBoundListenSocket != SocketTransportOptions.CreateDefaultBoundListenSocket
                ? "CreateBoundListenSocket creates one socket"
            : ReusePortFilter.Probe() is { IsError: true } refused ? refused.ToException("setsockopt(SO_ATTACH_REUSEPORT_CBPF)").Message
            : null;
        try
        {
            if (refusal is null)
            {
                Socket first = _sockets[0];
                SetReusePort(first);
                for (int i = 1; i < options.LoopCount; i++)
                {
                    Socket next = new(first.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                    _sockets.Add(next);
                    if (first.AddressFamily == AddressFamily.InterNetworkV6)
                    {
                        next.DualMode = first.DualMode;
                    }

                    SetReusePort(next);
                    next.Bind(EndPoint);
                    Prepare(next, options);
                    next.Listen(options.Backlog);
                }

                // The kernel numbers the sockets of the group in the order in which they began to listen: the first LoopCount are this
                // listener's.
                ReusePortFilter.Attach((int)first.SafeHandle.DangerousGetHandle(), _sockets.Count)
                    .ThrowIfError("setsockopt(SO_ATTACH_REUSEPORT_CBPF)");
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            refusal = exception.Message;
        }

        if (refusal is not null)
        {
            _sockets.Skip(1).ToList().ForEach(socket => socket.Dispose());
            _sockets.RemoveRange(1, _sockets.Count - 1);
            SocketCalls.SetReusePort((int)_sockets[0].SafeHandle.DangerousGetHandle(), on: false);
            Strategy = options.WithoutReusePort;
            LogLevel level = options.HasAcceptStrategy ? LogLevel.Information : LogLevel.Debug;
            TransportLog.AcceptStrategyFallback(logger, level, nameof(AcceptStrategy.ReusePort), EndPoint, refusal, Strategy);
        }
    }

    /// <summary>
    /// Sets the TCP options once, before listen(2): on Linux a connection inherits them from the listening socket at its handshake.
    /// </summary>
    private void Prepare(Socket socket, TransportOptions options)
    {
        int descriptor = (int)socket.SafeHandle.DangerousGetHandle();
        SocketCalls.SetNonBlocking(descriptor).ThrowIfError("fcntl(O_NONBLOCK)");
        if (EndPoint is IPEndPoint)
        {
            TcpSettings.ApplyToListener(descriptor, options);
        }
    }

    private static void SetReusePort(Socket socket) =>
        SocketCalls.SetReusePort((int)socket.SafeHandle.DangerousGetHandle(), on: true).ThrowIfError("setsockopt(SO_REUSEPORT)");
}
