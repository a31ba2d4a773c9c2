using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Transport.Core.Diagnostics;
using Transport.Core.Interop;

namespace Transport.Core.Listening;

/// <summary>
/// An end point bound and listening: one socket, or with SO_REUSEPORT one a loop. The sockets are the framework's (it knows dual mode,
/// systemd's descriptors and when to unlink a Unix socket's file); loops accept from duplicates of their own.
/// </summary>
internal sealed class ListenSocket : IDisposable
{
    private readonly List<Socket> _sockets;

    private ListenSocket(Socket first, AcceptStrategy strategy)
    {
        _sockets = [first];
        EndPoint = first.LocalEndPoint!;
        Strategy = strategy;
    }

    /// <summary>With the port that the kernel chose, if it was asked to.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>Another process may listen on the same socket: it was passed in as a descriptor.</summary>
    public bool IsInherited { get; private init; }

    /// <summary>How loops are to accept, which may be less than what was asked for.</summary>
    public AcceptStrategy Strategy { get; private set; }

    /// <summary>
    /// The socket listened before it was ours (systemd, CreateBoundListenSocket): clients that connected before TCP options were set on it
    /// have not inherited them.
    /// </summary>
    public bool SetsOptionsPerConnection { get; private set; }

    /// <exception cref="AddressInUseException">Somebody else, perhaps another instance of ours, has the address.</exception>
    /// <exception cref="SocketException">The kernel refused for another reason, which is passed on as it is: Kestrel tells one from the
    /// other.</exception>
    public static ListenSocket Bind(EndPoint endPoint, TransportOptions options, ILogger logger)
    {
        Socket? first = null;
        try
        {
            first = options.CreateBoundListenSocket(endPoint);
            ListenSocket bound = new(first, options.LoopCount == 1 ? AcceptStrategy.RoundRobin : options.AcceptStrategy)
            {
                IsInherited = endPoint is FileHandleEndPoint,
            };
            bound.SetsOptionsPerConnection =
                TcpSettings.Any(options) && bound.EndPoint is IPEndPoint && SocketCalls.IsListening((int)first.SafeHandle.DangerousGetHandle());
            bound.Prepare(first, options);
            if (endPoint is UnixDomainSocketEndPoint unix)
            {
                UnixSocketFile.Apply(unix, options);
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
        catch
        {
            first?.Dispose();
            throw;
        }
    }

    /// <summary>A descriptor for the loop of this number, which is the loop's to close.</summary>
    /// <exception cref="IOException">No descriptor is left.</exception>
    public int DuplicateFor(int loop)
    {
        Socket socket = _sockets[Strategy == AcceptStrategy.ReusePort ? loop : 0];
        return (int)SocketCalls.Duplicate((int)socket.SafeHandle.DangerousGetHandle()).ThrowIfError("fcntl(F_DUPFD_CLOEXEC)");
    }

    /// <summary>
    /// Ends listening while loops still hold duplicates of the descriptor: shutdown(2) acts on the socket itself, so no number is closed
    /// that another thread is about to use. Clients in the backlog get RST. An inherited socket stays: it is not this process's alone.
    /// Any thread, before <see cref="Dispose"/>.
    /// </summary>
    public void Shutdown()
    {
        foreach (Socket socket in IsInherited ? [] : _sockets)
        {
            try
            {
                SocketCalls.Shutdown((int)socket.SafeHandle.DangerousGetHandle());
            }
            catch (ObjectDisposedException)
            {
                // Unbound by another thread meanwhile.
            }
        }
    }

    /// <summary>
    /// Stops listening; a Unix socket's file goes too, unless somebody else had bound it. Clients in the backlog get RST.
    /// </summary>
    public void Dispose()
    {
        foreach (Socket socket in _sockets)
        {
            socket.Dispose();
        }
    }

    /// <summary>
    /// Adds a socket for each further loop. The first one was bound and listens without SO_REUSEPORT, so the address is known to be ours
    /// alone: only then is the flag set on it, and the others join. A second instance fails at its own first bind, and a socket of another
    /// program that joins the group gets no clients (<see cref="ReusePortFilter"/>).
    /// </summary>
    private void AddReusePortSockets(EndPoint endPoint, TransportOptions options, ILogger logger)
    {
        string? refusal =
            endPoint is not IPEndPoint ? "only IP end points have SO_REUSEPORT"
            : options.CreateBoundListenSocket != SocketTransportOptions.CreateDefaultBoundListenSocket ? "CreateBoundListenSocket makes one socket"
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

                // Sockets have their numbers in the group in the order in which they began to listen: the first LoopCount are ours.
                ReusePortFilter.Attach((int)first.SafeHandle.DangerousGetHandle(), _sockets.Count).ThrowIfError("setsockopt(SO_ATTACH_REUSEPORT_CBPF)");
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
    /// TCP options are set here, once, before listen(2): on Linux a connection inherits them from the listening socket at its handshake.
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
