using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Transport.Core.Diagnostics;
using Transport.Core.Interop;
using Transport.Core.Listening;
using Transport.Core.Loops;

namespace Transport.Core.Connections;

/// <summary>Makes a connected descriptor a connection on its loop.</summary>
/// <param name="listening">Where the listener is bound.</param>
/// <param name="setsOptions">Clients may have connected before TCP options were set on the listening socket: they do not inherit them.</param>
/// <param name="options">What the user set.</param>
/// <param name="limits">How many connections there may be; null for no limit.</param>
/// <param name="logger">The transport's category.</param>
internal sealed class ConnectionFactory(EndPoint listening, bool setsOptions, TransportOptions options, ConnectionLimits? limits, ILogger logger)
{
    /// <summary>Of a wildcard address the connection's own says more; else it is the listener's, and a system call less.</summary>
    private readonly bool _asksLocalEndPoint = listening is IPEndPoint { Address: var address }
        && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));

    /// <summary>A loop's pipes differ by its pool and its schedulers only.</summary>
    private readonly ConditionalWeakTable<EventLoop, ConnectionPipes> _pipes = [];

    /// <summary>On the loop's thread. The descriptor is the connection's, or closed if the loop cannot watch it.</summary>
    public bool TryStart(EventLoop loop, int descriptor, EndPoint remote, [NotNullWhen(true)] out SocketConnection? connection)
    {
        loop.AssertCurrent();
        ConnectionAdmission? admission = null;
        if (limits is not null && !limits.TryAdmit(remote, out admission, out string? reason))
        {
            Refuse(loop, descriptor, remote, reason);
            connection = null;
            return false;
        }

        if (setsOptions)
        {
            TcpSettings.ApplyToConnection(descriptor, options);
        }

        LoopConnection socket;
        try
        {
            socket = loop.AttachConnection(descriptor);
        }
        catch (Exception exception)
        {
            loop.Counters.AcceptErrors++;
            TransportLog.ConnectionNotStarted(logger, listening, exception);
            SocketCalls.ResetOnClose(descriptor);
            SocketCalls.Close(descriptor);
            admission?.End();
            connection = null;
            return false;
        }

        if (listening is not IPEndPoint)
        {
            socket.ExpectShortReceives();
        }

        try
        {
            EndPoint? local = _asksLocalEndPoint ? socket.GetLocalEndPoint(listening) : listening;
            connection = new SocketConnection(socket, loop, PipesOf(loop), local, remote, options.FinOnError, logger) { Admission = admission };
        }
        catch (Exception exception)
        {
            // Creating the pipes asks the application's memory pool; a failure costs this client alone.
            loop.Counters.AcceptErrors++;
            TransportLog.ConnectionNotStarted(logger, listening, exception);
            socket.Shutdown(reset: true);
            _ = socket.CloseAsync().AsTask();
            admission?.End();
            connection = null;
            return false;
        }

        connection.Start();
        return true;
    }

    /// <summary>RST: a client that is refused costs neither a TIME_WAIT entry nor a handshake of TLS.</summary>
    private void Refuse(EventLoop loop, int descriptor, EndPoint remote, string reason)
    {
        loop.Counters.ConnectionsRefused++;
        SocketCalls.ResetOnClose(descriptor);
        SocketCalls.Close(descriptor);
        if (limits!.ShouldWarn())
        {
            TransportLog.ConnectionsRefused(logger, listening, reason);
        }

        TransportLog.ConnectionRefused(logger, remote, listening, reason);
    }

    private ConnectionPipes PipesOf(EventLoop loop) => _pipes.GetValue(loop, owner => new ConnectionPipes(owner, options));
}
