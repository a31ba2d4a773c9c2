using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace FileAio.Tests.Support;

/// <summary>An HTTP/1 reply as it came over the wire, byte for byte, up to the end of the connection.</summary>
internal sealed class RawReply
{
    private RawReply(byte[] wire)
    {
        int end = wire.AsSpan().IndexOf("\r\n\r\n"u8);
        Assert.True(end >= 0, $"no reply, but {wire.Length} bytes and the end of the connection");
        string[] lines = Encoding.Latin1.GetString(wire, 0, end).Split("\r\n");
        Status = int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture);
        Headers = lines[1..].Select(line => line.Split(':', 2)).ToLookup(pair => pair[0].Trim().ToLowerInvariant(), pair => pair[1].Trim());
        Body = wire[(end + 4)..];
        if (Header("transfer-encoding") == "chunked")
        {
            Body = Unchunk(Body);
        }
    }

    public int Status { get; }

    public ILookup<string, string> Headers { get; }

    public byte[] Body { get; }

    /// <summary>The field's first line; null where it is absent.</summary>
    public string? Header(string name) => Headers[name].FirstOrDefault();

    public static Task<RawReply> GetAsync(int port, string target, params string[] headers)
        => SendAsync(port, $"GET {target} HTTP/1.1", headers);

    public static async Task<RawReply> SendAsync(int port, string line, params IEnumerable<string> headers)
    {
        using Socket socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", port, Deadline.Token);
        string fields = string.Concat(headers.Select(header => header + "\r\n"));
        string request = $"{line}\r\nHost: localhost\r\n{fields}Connection: close\r\n\r\n";
        await socket.SendAsync(Encoding.UTF8.GetBytes(request));
        using MemoryStream wire = new MemoryStream();
        byte[] buffer = new byte[1 << 16];
        int got;
        while ((got = await socket.ReceiveAsync(buffer, Deadline.Token)) > 0)
        {
            wire.Write(buffer, 0, got);
        }

        return new RawReply(wire.ToArray());
    }

    private static byte[] Unchunk(byte[] wire)
    {
        List<byte> body = new List<byte>();
        for (Span<byte> rest = wire.AsSpan(); ;)
        {
            int line = rest.IndexOf("\r\n"u8);
            int size = int.Parse(Encoding.ASCII.GetString(rest[..line]), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size == 0)
            {
                return [.. body];
            }

            body.AddRange(rest.Slice(line + 2, size));
            rest = rest[(line + 2 + size + 2)..];
        }
    }
}
