using System.Globalization;
using System.Text;

namespace Test.Shared;

/// <summary>A response of HTTP/1.1 as it came over the wire.</summary>
public sealed record HttpReply(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>Reads responses one after another from a raw client, taking no byte of the next one for its own.</summary>
public sealed class HttpReplyReader(RawClient client)
{
    private readonly byte[] _buffer = new byte[65536];
    private int _start;
    private int _end;

    public async Task<HttpReply> ReadAsync()
    {
        string statusLine = await LineAsync();
        if (!statusLine.StartsWith("HTTP/1.1 ", StringComparison.Ordinal))
        {
            throw new InvalidDataException($"Not a status line: {statusLine}");
        }

        Dictionary<string, string> headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await LineAsync() is { Length: > 0 } line)
        {
            headers[line[..line.IndexOf(':')]] = line[(line.IndexOf(':') + 1)..].Trim();
        }

        byte[] body = headers.TryGetValue("Content-Length", out string? length)
            ? await BytesAsync(int.Parse(length, CultureInfo.InvariantCulture))
            : headers.ContainsKey("Transfer-Encoding") ? await ChunksAsync() : [];
        return new HttpReply(int.Parse(statusLine.AsSpan(9, 3), CultureInfo.InvariantCulture), headers, body);
    }

    private async Task<byte[]> ChunksAsync()
    {
        using MemoryStream body = new MemoryStream();
        while (int.Parse(await LineAsync(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) is var size and > 0)
        {
            body.Write(await BytesAsync(size));
            await LineAsync();
        }
        await LineAsync();
        return body.ToArray();
    }

    private async Task<string> LineAsync()
    {
        StringBuilder line = new StringBuilder();
        while (true)
        {
            if (_start == _end)
            {
                await FillAsync();
            }

            int index = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            int take = index < 0 ? _end - _start : index + 1;
            line.Append(Encoding.Latin1.GetString(_buffer, _start, take));
            _start += take;
            if (index >= 0)
            {
                return line.ToString().TrimEnd('\r', '\n');
            }
        }
    }

    private async Task<byte[]> BytesAsync(int count)
    {
        byte[] bytes = new byte[count];
        for (int got = 0; got < count;)
        {
            if (_start == _end)
            {
                await FillAsync();
            }

            int take = Math.Min(count - got, _end - _start);
            _buffer.AsSpan(_start, take).CopyTo(bytes.AsSpan(got));
            _start += take;
            got += take;
        }
        return bytes;
    }

    private async Task FillAsync()
    {
        _start = 0;
        _end = await client.ReceiveAsync(_buffer);
        if (_end == 0)
        {
            throw new EndOfStreamException("FIN within a response.");
        }
    }
}
