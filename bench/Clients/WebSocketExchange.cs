using System.Net.Sockets;
using System.Text;

namespace Bench.Clients;

/// <summary>A WebSocket message (RFC 6455) and its echo.</summary>
internal sealed class WebSocketExchange : Exchange
{
    private const byte FinalBinary = 0x82;
    private const byte Masked = 0x80;
    private const byte Length16 = 126;
    private const byte FinalText = 0x81;

    private readonly byte[] _echo;

    /// <param name="length">The length of a binary message in bytes, 0 to 65,535.</param>
    public WebSocketExchange(int length)
        : this(FinalBinary, MakePayload(length))
    {
    }

    /// <param name="text">A text message of at most 65,535 bytes.</param>
    public WebSocketExchange(string text)
        : this(FinalText, Encoding.UTF8.GetBytes(text))
    {
    }

    private WebSocketExchange(byte opcode, byte[] payload)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, ushort.MaxValue);
        bool isShort = payload.Length < Length16;
        byte length = isShort ? (byte)payload.Length : Length16;
        byte[] size = isShort ? [] : [(byte)(payload.Length >> 8), (byte)payload.Length];
        byte[] key = [0, 0, 0, 0];   // RFC 6455 allows a masking key of zeros, which leaves the payload unchanged
        Request = [opcode, (byte)(Masked | length), .. size, .. key, .. payload];
        _echo = [opcode, length, .. size, .. payload];
    }

    public override byte[] Request { get; }

    public override ResponseReader MakeReader() => new FixedResponseReader(_echo);

    private static byte[] MakePayload(int length)
    {
        byte[] payload = new byte[length];
        for (int i = 0; i < length; i++)
        {
            payload[i] = (byte)(i * 31);
        }

        return payload;
    }

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
