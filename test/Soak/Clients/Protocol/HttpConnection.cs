using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Soak.Measuring;

namespace Soak.Clients.Protocol;

/// <summary>A connection of HTTP/1.1 whose client decides what is sent and how fast the answer is read.</summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly byte[] _buffer;
    private int _start;
    private int _end;

    private HttpConnection(Socket socket, Stream stream, int bufferSize)
        => (_socket, _stream, _buffer) = (socket, stream, new byte[bufferSize]);

    /// <summary>Bytes a second that are read at most; 0 is no limit.</summary>
    public int BytesPerSecond { get; set; }

    public Stream Stream => _stream;

    /// <param name="server">Where to.</param>
    /// <param name="tls">Whether to speak TLS.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <param name="receiveBuffer">SO_RCVBUF in bytes, set before connecting; 0 leaves the kernel's.</param>
    /// <param name="from">The address to connect from; null leaves it to the kernel.</param>
    /// <param name="bufferSize">Bytes of this connection's own receive buffer.</param>
    public static async Task<HttpConnection> ConnectAsync(IPEndPoint server, bool tls, CancellationToken cancellation,
        int receiveBuffer = 0,
        IPAddress? from = null, int bufferSize = 16 * 1024)
    {
        Socket socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (receiveBuffer > 0)
            {
                socket.ReceiveBufferSize = receiveBuffer;
            }

            if (from is not null)
            {
                // IP_BIND_ADDRESS_NO_PORT: the port is chosen at connect(2), by the whole four-tuple, and so many more are there.
                socket.SetRawSocketOption(0, 24, BitConverter.GetBytes(1));
                socket.Bind(new IPEndPoint(from, 0));
            }

            await socket.ConnectAsync(server, cancellation);
            Stream stream = new NetworkStream(socket, ownsSocket: false);
            if (tls)
            {
                SslStream secure = new SslStream(stream);
                await secure.AuthenticateAsClientAsync(ClientTls.Options(), cancellation);
                stream = secure;
            }

            return new HttpConnection(socket, stream, bufferSize);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public async Task SendAsync(string text, CancellationToken cancellation)
        => await SendAsync(Encoding.Latin1.GetBytes(text), cancellation);

    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        await _stream.WriteAsync(bytes, cancellation);
        await _stream.FlushAsync(cancellation);
    }

    /// <summary>Sends FIN; reading goes on.</summary>
    public void ShutdownSend() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Closes with RST.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    /// <summary>Reads status and header fields, which must have this status.</summary>
    public async Task<ResponseHead> ReadHeadAsync(int status, CancellationToken cancellation)
    {
        string line = await LineAsync(cancellation);
        if (!line.StartsWith("HTTP/1.1 ", StringComparison.Ordinal))
        {
            throw new WrongAnswerException("not HTTP", $"Not a status line: {line}");
        }

        int came = int.Parse(line.AsSpan(9, 3), CultureInfo.InvariantCulture);
        Dictionary<string, string> headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await LineAsync(cancellation) is { Length: > 0 } field)
        {
            headers[field[..field.IndexOf(':')]] = field[(field.IndexOf(':') + 1)..].Trim();
        }

        return came == status
            ? new ResponseHead(came, headers)
            : throw new WrongAnswerException($"status {came}", $"Status {came} where {status} was expected.");
    }

    /// <summary>Reads the body that belongs to the head.</summary>
    public async Task ReadBodyAsync(ResponseHead head, BodyCheck check, CancellationToken cancellation)
    {
        if (head.ContentLength is { } length)
        {
            await BytesAsync(length, check, cancellation);
        }
        else if (head.IsChunked)
        {
            while (await ReadChunkAsync(check, cancellation) > 0)
            {
            }
        }

        check.End();
    }

    /// <summary>Reads and checks one chunk of a chunked body.</summary>
    /// <returns>Its size; 0 is the end of the body.</returns>
    public async Task<long> ReadChunkAsync(BodyCheck check, CancellationToken cancellation)
    {
        long size = long.Parse(await LineAsync(cancellation), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        await BytesAsync(size, check, cancellation);
        await LineAsync(cancellation);
        return size;
    }

    /// <summary>Reads and checks what comes next of a body.</summary>
    /// <returns>Bytes that came, at least 1 and at most <paramref name="most"/>.</returns>
    public async Task<int> ReadPartAsync(long most, BodyCheck check, CancellationToken cancellation)
    {
        if (_start == _end)
        {
            await FillAsync(cancellation);
            if (_end == 0)
            {
                throw new WrongAnswerException("cut", $"FIN within a body, {most} bytes early, after {check.Length}.");
            }
        }

        int take = (int)Math.Min(most, _end - _start);
        check.Next(_buffer.AsSpan(_start, take));
        _start += take;
        return take;
    }

    /// <returns>Bytes that came, at most <paramref name="most"/>; 0 is FIN.</returns>
    public async Task<int> ReadSomeAsync(int most, CancellationToken cancellation)
    {
        if (_start == _end)
        {
            await FillAsync(cancellation);
        }

        int count = Math.Min(most, _end - _start);
        _start += count;
        return count;
    }

    /// <summary>The server must close now, with nothing left to read.</summary>
    public async Task ExpectEndAsync(CancellationToken cancellation)
    {
        if (await ReadSomeAsync(1, cancellation) != 0)
        {
            throw new WrongAnswerException("too many bytes", "Bytes after the end of the last response.");
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }

    private async Task BytesAsync(long count, BodyCheck check, CancellationToken cancellation)
    {
        while (count > 0)
        {
            count -= await ReadPartAsync(count, check, cancellation);
        }
    }

    private async Task<string> LineAsync(CancellationToken cancellation)
    {
        string line = "";
        while (true)
        {
            if (_start == _end)
            {
                await FillAsync(cancellation);
                if (_end == 0)
                {
                    throw new WrongAnswerException("no answer", "FIN where a line of a response was expected.");
                }
            }

            int index = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            int take = index < 0 ? _end - _start : index + 1;
            line += Encoding.Latin1.GetString(_buffer, _start, take);
            _start += take;
            if (index >= 0)
            {
                return line.TrimEnd('\r', '\n');
            }
        }
    }

    private async Task FillAsync(CancellationToken cancellation)
    {
        int most = _buffer.Length;
        if (BytesPerSecond > 0)
        {
            const int StepsPerSecond = 20;
            most = Math.Clamp(BytesPerSecond / StepsPerSecond, 1, most);
            await Task.Delay((int)Math.Max(1, 1000L * most / BytesPerSecond), cancellation);
        }

        _start = 0;
        _end = 0;
        _end = await _stream.ReadAsync(_buffer.AsMemory(0, most), cancellation);
    }
}
