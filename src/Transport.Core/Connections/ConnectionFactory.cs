using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Transport.Core.Diagnostics;
using Transport.Core.Interop.Sockets;
using Transport.Core.Listening;
using Transport.Core.Loops;
using Transport.Core.Loops.Sockets;

namespace Transport.Core.Connections;

/// <summary>Creates the connection of a connected descriptor on its loop.</summary>
/// <param name="listening">The address that the listener is bound to.</param>
/// <param name="setsOptions">Whether to set TCP options: clients that connected before the listening socket had them do not inherit
/// them.</param>
/// <param name="options">The options that the user has set.</param>
/// <param name="limits">The connection limits; null for none.</param>
/// <param name="counters">Returns the end point's counters on a loop.</param>
/// <param name="logger">The logger of the transport's category.</param>
internal sealed class ConnectionFactory(
    EndPoint listening,
    bool setsOptions,
    TransportOptions options,
    ConnectionLimits? limits,
    Func<EventLoop, ListenerCounters> counters,
    ILogger logger)
{
    /// <summary>
    /// With a wildcard address, the connection's own address is read. Otherwise the listener's is used, which saves a system call.
    /// </summary>
    private readonly bool _asksLocalEndPoint = listening is IPEndPoint { Address: var address }
        && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));

    /// <summary>The pipe options of a loop. They differ by its memory pool and its schedulers only.</summary>
    private readonly ConditionalWeakTable<EventLoop, ConnectionPipes> _pipes = [];

    private readonly ConditionalWeakTable<EventLoop, ConnectionPipes>.CreateValueCallback _createPipes =
        loop => new ConnectionPipes(loop, options);

    /// <summary>
    /// Starts a connection. Loop thread. The connection owns the descriptor; it is closed if the loop cannot register it.
    /// </summary>
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
            counters(loop).AcceptErrors++;
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
            connection = new SocketConnection(socket, loop, PipesOf(loop), local, remote, options.FinOnError, logger)
            {
                Admission = admission,
            };
        }
        catch (Exception exception)
        {
            // Creating the pipes calls the application's memory pool; a failure resets this client only.
            counters(loop).AcceptErrors++;
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

    /// <summary>Sends RST: a refused client leaves no TIME_WAIT entry and needs no TLS handshake.</summary>
    private void Refuse(EventLoop loop, int descriptor, EndPoint remote, string reason)
    {
        counters(loop).ConnectionsRefused++;
        SocketCalls.ResetOnClose(descriptor);
        SocketCalls.Close(descriptor);
        if (limits!.ShouldWarn())
        {
            TransportLog.ConnectionsRefused(logger, listening, reason);
        }

        TransportLog.ConnectionRefused(logger, remote, listening, reason);
    }

    private ConnectionPipes PipesOf(EventLoop loop) => _pipes.GetValue(loop, _createPipes);
}
