using System.Net.Sockets;
using System.Text;

namespace Bench.Load;

/// <summary>A WebSocket message (RFC 6455) and its echo.</summary>
internal sealed class WebSocketExchange : Exchange
{
    private const byte FinalBinary = 0x82;
    private const byte Masked = 0x80;
    private const byte Length16 = 126;

    private readonly byte[] _echo;

    /// <param name="length">The length of a message in bytes, 126 to 65,535: the lengths of a frame with a 16-bit length field.</param>
    public WebSocketExchange(int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, Length16);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, ushort.MaxValue);

        byte[] payload = new byte[length];
        for (int i = 0; i < length; i++)
        {
            payload[i] = (byte)(i * 31);
        }

        byte[] size = [(byte)(length >> 8), (byte)length];
        byte[] key = [0, 0, 0, 0];   // RFC 6455 allows a masking key of zeros, which leaves the payload unchanged
        Request = [FinalBinary, Masked | Length16, .. size, .. key, .. payload];
        _echo = [FinalBinary, Length16, .. size, .. payload];
    }

    public override byte[] Request { get; }

    public override ResponseReader MakeReader() => new FixedResponseReader(_echo);

    public override void Greet(Socket socket)
    {
        socket.Send("GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"u8);
        socket.Send("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"u8);

        StringBuilder head = new StringBuilder();
        Span<byte> one = stackalloc byte[1];   // byte by byte, so that no byte after the head is consumed
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (socket.Receive(one) == 0)
            {
                throw new IOException("the server closed the connection in the WebSocket handshake");
            }

            head.Append((char)one[0]);
        }

        if (!head.ToString().StartsWith("HTTP/1.1 101", StringComparison.Ordinal))
        {
            throw new InvalidDataException($"the WebSocket handshake failed with {head.ToString().Split('\r')[0]}");
        }
    }
}
