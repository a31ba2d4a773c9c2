using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Bench.Tests.Servers;

/// <summary>An HTTP server on one thread that answers every request immediately, except for one stall.</summary>
internal sealed class StallingServer : IDisposable
{
    private static readonly byte[] Response = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, World!");

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _clients = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;
    private readonly byte[] _response;

    /// <param name="stallAfter">Requests answered before the stall.</param>
    /// <param name="stall">How long nothing is answered then.</param>
    /// <param name="response">What is answered; "Hello, World!" when null.</param>
    public StallingServer(int stallAfter, TimeSpan stall, string? response = null)
    {
        _response = response is null ? Response : Encoding.ASCII.GetBytes(response);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(100);
        _thread = new Thread(() => Serve(stallAfter, stall));
        _thread.Start();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        _listener.Dispose();
        _clients.ForEach(client => client.Dispose());
        _stop.Dispose();
    }

    private void Serve(int stallAfter, TimeSpan stall)
    {
        byte[] scratch = new byte[4096];
        int answered = 0;
        while (!_stop.IsCancellationRequested)
        {
            List<Socket> readable = new List<Socket>(_clients) { _listener };
            Socket.Select(readable, null, null, TimeSpan.FromMilliseconds(20));
            foreach (Socket socket in readable)
            {
                if (socket == _listener)
                {
                    _clients.Add(_listener.Accept());
                    continue;
                }

                // The clients of these tests send a request in one segment and wait for its answer.
                if (socket.Receive(scratch, SocketFlags.None, out SocketError error) <= 0 || error != SocketError.Success)
                {
                    _clients.Remove(socket);
                    socket.Dispose();
                    continue;
                }

                if (++answered == stallAfter)
                {
                    Thread.Sleep(stall);
                }

                socket.Send(_response, SocketFlags.None, out _);
            }
        }
    }
}
