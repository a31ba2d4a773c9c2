using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Bench.Tests;

/// <summary>An HTTP server that counts the requests of each connection.</summary>
internal sealed class CountingServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<int> _counts = new();

    public CountingServer()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>The number of requests of each closed connection, in the order in which they were closed.</summary>
    public IReadOnlyCollection<int> RequestsOfClosedConnections => _counts;

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptSocketAsync());
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        int requests = 0;
        try
        {
            byte[] buffer = new byte[4096];
            while (await socket.ReceiveAsync(buffer) > 0)
            {
                requests++;
                await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray());
            }
        }
        catch (SocketException)
        {
            // the client resets its connections
        }

        socket.Dispose();
        _counts.Enqueue(requests);
    }
}
