using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Bench.Load;

/// <summary>A non-blocking connection with at most one request under way.</summary>
internal sealed class ClientConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _request;
    private readonly ResponseReader _reader;
    private int _unsent;

    private ClientConnection(Socket socket, byte[] request, ResponseReader reader)
    {
        (_socket, _request, _reader) = (socket, request, reader);
        _socket.Blocking = false;
    }

    public int Descriptor => (int)_socket.Handle;

    /// <summary>Whether a request is under way.</summary>
    public bool Busy { get; private set; }

    /// <summary>The intended start of the request under way, in <see cref="Stopwatch"/> ticks.</summary>
    public long Intended { get; private set; }

    /// <summary>Whether the server announced that it closes the connection.</summary>
    public bool Closed => _reader.Closes;

    public static ClientConnection Open(IPEndPoint server, Exchange exchange)
    {
        Socket socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Connect(server);
            exchange.Greet(socket);
            return new ClientConnection(socket, exchange.Request, exchange.MakeReader());
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends a request; latency counts from <paramref name="intended"/>.</summary>
    public void Send(long intended)
    {
        Debug.Assert(!Busy);
        Busy = true;
        Intended = intended;
        _unsent = _request.Length;
        ContinueSending();
    }

    /// <summary>Sends and receives until the socket would block.</summary>
    /// <returns>Whether the response is complete.</returns>
    /// <exception cref="IOException">The connection was closed or failed.</exception>
    /// <exception cref="InvalidDataException">The response is not the expected one.</exception>
    public bool Continue(Span<byte> scratch)
    {
        if (_unsent > 0)
        {
            ContinueSending();
        }

        while (true)
        {
            int received = _socket.Receive(scratch, SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
            {
                return false;
            }

            if (error != SocketError.Success)
            {
                throw new IOException($"receive: {error}");
            }

            if (received == 0)
            {
                throw new IOException("the server closed the connection");
            }

            if (!Busy)
            {
                throw new InvalidDataException("received bytes without a request");
            }

            if (_reader.Take(scratch[..received]))
            {
                Busy = false;
                return true;
            }

            if (received < scratch.Length)
            {
                return false;   // level-triggered: later bytes cause another event
            }
        }
    }

    public void Dispose()
    {
        _socket.LingerState = new LingerOption(true, 0);   // a reset leaves no socket in TIME_WAIT
        _socket.Dispose();
    }

    private void ContinueSending()
    {
        while (_unsent > 0)
        {
            int sent = _socket.Send(_request.AsSpan(_request.Length - _unsent), SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
            {
                return;
            }

            if (error != SocketError.Success)
            {
                throw new IOException($"send: {error}");
            }

            _unsent -= sent;
        }
    }
}
