using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace WebApp.Live;

/// <summary>A keep-alive connection with blocking calls: it needs no pool thread, which a load may exhaust.</summary>
internal sealed class LoadClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[64 * 1024];

    public LoadClient(int port)
    {
        (_socket.ReceiveTimeout, _socket.SendTimeout) = ((int)Patience.TotalMilliseconds, (int)Patience.TotalMilliseconds);
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Connect(IPAddress.Loopback, port);
    }

    /// <summary>Sends a request.</summary>
    public void Send(string path, string headers = "") =>
        _socket.Send(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"));

    /// <summary>Receives at most the given number of bytes.</summary>
    /// <returns>The number of bytes; 0 at the end.</returns>
    public int Receive(int most) => _socket.Receive(_buffer, 0, Math.Min(most, _buffer.Length), SocketFlags.None);

    /// <summary>Sends a request and receives the response, which must have a Content-Length.</summary>
    /// <returns>The bytes received.</returns>
    /// <exception cref="IOException">The response is incomplete, or its status is not 200 or 206.</exception>
    public long Get(string path, string headers = "")
    {
        Send(path, headers);
        int received = 0;
        int end = -1;
        while (end < 0)
        {
            int count = _socket.Receive(_buffer, received, _buffer.Length - received, SocketFlags.None);
            if (count == 0)
            {
                throw new IOException("the server closed the connection");
            }

            received += count;
            end = _buffer.AsSpan(0, received).IndexOf("\r\n\r\n"u8);
        }

        string head = Encoding.ASCII.GetString(_buffer, 0, end + 2);
        if (!head.StartsWith("HTTP/1.1 20", StringComparison.Ordinal))
        {
            throw new IOException(head[..head.IndexOf('\r')]);
        }

        int field = head.IndexOf("\r\nContent-Length: ", StringComparison.OrdinalIgnoreCase);
        long length = field >= 0 ? Number(head, field + 18) : throw new IOException("the response has no Content-Length");
        long left = end + 4 + length - received;
        long total = received + left;
        while (left > 0)
        {
            int count = Receive((int)Math.Min(left, _buffer.Length));
            left -= count > 0 ? count : throw new IOException("the response is incomplete");
        }

        return total;
    }

    public void Dispose() => _socket.Dispose();

    private static long Number(string head, int start) =>
        long.Parse(head.AsSpan(start, head.IndexOf('\r', start) - start), CultureInfo.InvariantCulture);
}
