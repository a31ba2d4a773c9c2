using System.Net.Sockets;
using System.Text;

namespace Bench.Load;

/// <summary>A request that is sent repeatedly, and the reader of its responses.</summary>
internal abstract class Exchange
{
    public abstract byte[] Request { get; }

    /// <summary>Performs the handshake of a new connection, while the socket is blocking.</summary>
    public virtual void Greet(Socket socket)
    {
    }

    public abstract ResponseReader MakeReader();

    /// <summary>Returns a GET request for a path.</summary>
    public static Exchange Get(string path) => new HttpExchange($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");

    private sealed class HttpExchange(string request) : Exchange
    {
        public override byte[] Request { get; } = Encoding.ASCII.GetBytes(request);

        public override ResponseReader MakeReader() => new HttpResponseReader();
    }
}
