using System.Net.Sockets;
using System.Text;

namespace Bench.Load;

/// <summary>One request and how to know its response, over and over.</summary>
internal abstract class Exchange
{
    public abstract byte[] Request { get; }

    /// <summary>Whatever must be said on a new connection first, while the socket still blocks.</summary>
    public virtual void Greet(Socket socket)
    {
    }

    public abstract ResponseReader MakeReader();

    /// <summary>GET of a path.</summary>
    public static Exchange Get(string path) => new HttpExchange($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");

    private sealed class HttpExchange(string request) : Exchange
    {
        public override byte[] Request { get; } = Encoding.ASCII.GetBytes(request);

        public override ResponseReader MakeReader() => new HttpResponseReader();
    }
}
