using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Transport.Core.Diagnostics;
using Transport.Core.Hosting;
using Transport.Core.Listening;

namespace Transport.Core.HandOver;

/// <summary>
/// The hand-over of listening sockets at one path (<see cref="TransportOptions.HandOverPath"/>). At the start this process takes the
/// sockets of the previous one. Once it listens, the previous one stops, and this one hands its sockets over to the next.
/// </summary>
internal sealed class ListenerHandOver : IDisposable
{
    private readonly string _path;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ILogger _logger;
    private readonly InheritedSockets? _inherited;
    private readonly HandOverServer _server;
    private readonly Lock _gate = new();
    private readonly List<(EndPoint EndPoint, ListenSocket Socket)> _offered = [];

    /// <exception cref="IOException">
    /// The previous process did not hand its sockets over, or no socket can be created at the path.
    /// </exception>
    public ListenerHandOver(string path, IHostApplicationLifetime lifetime, ILogger logger)
    {
        _path = path;
        _lifetime = lifetime;
        _logger = logger;
        _server = new HandOverServer(path, Offered, TakenOver, logger);
        _inherited = InheritedSockets.Receive(path);
        lifetime.ApplicationStarted.Register(Started);
    }

    /// <summary>Returns the previous process's sockets of an end point; empty if there are none.</summary>
    public Socket[] Take(EndPoint endPoint)
    {
        lock (_gate)
        {
            Socket[] sockets = _inherited?.Take(endPoint) ?? [];
            if (sockets.Length > 0)
            {
                TransportLog.TookOver(_logger, sockets[0].LocalEndPoint!, sockets.Length, _inherited!.ProcessId);
            }

            return sockets;
        }
    }

    /// <summary>Adds a socket that a later process may take.</summary>
    public void Offer(EndPoint endPoint, ListenSocket socket)
    {
        lock (_gate)
        {
            _offered.RemoveAll(static entry => entry.Socket.IsDisposed);
            _offered.Add((endPoint, socket));
        }
    }

    /// <summary>Called when the host is disposed, also if it has not started: then the previous process remains in service.</summary>
    public void Dispose()
    {
        _inherited?.Dispose();
        _server.Dispose();
    }

    /// <summary>
    /// Kestrel has bound all end points. If this process cannot offer them to a later one, it does not take over, or both would serve: it
    /// stops, and the previous process remains in service. The host ignores what a callback of ApplicationStarted throws.
    /// </summary>
    private void Started()
    {
        try
        {
            _server.Start();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SocketException)
        {
            TransportLog.HandOverNotOffered(_logger, _path, exception.Message);
            TransportFactory.StopHost(_lifetime);
            return;
        }

        foreach ((EndPoint _, ListenSocket socket) in Offered())
        {
            socket.OwnFile();
        }

        foreach (string endPoint in _inherited?.Complete() ?? [])
        {
            TransportLog.NotTakenOver(_logger, endPoint, _inherited!.ProcessId);
        }
    }

    private (EndPoint EndPoint, ListenSocket Socket)[] Offered()
    {
        lock (_gate)
        {
            return [.. _offered];
        }
    }

    private void TakenOver(int processId)
    {
        TransportLog.HandedOver(_logger, processId);
        foreach ((EndPoint _, ListenSocket socket) in Offered())
        {
            socket.GiveAway();
        }

        // Callbacks of ApplicationStopping are application code and may block.
        ThreadPool.UnsafeQueueUserWorkItem(static lifetime => lifetime.StopApplication(), _lifetime, preferLocal: false);
    }
}
