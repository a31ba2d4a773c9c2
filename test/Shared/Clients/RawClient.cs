using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Test.Shared;

/// <summary>A client that decides what goes over the wire and when. Every wait has a deadline.</summary>
public sealed class RawClient : IDisposable
{
    private readonly Socket _socket;

    private RawClient(Socket socket) => _socket = socket;

    public Socket Socket => _socket;

    /// <summary>The port that the server sees as this client's.</summary>
    public int LocalPort => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <param name="endPoint">Where to.</param>
    /// <param name="receiveBuffer">SO_RCVBUF in bytes, set before connecting so that the window stays small; 0 leaves the kernel's.</param>
    /// <param name="sendBuffer">SO_SNDBUF in bytes; 0 leaves the kernel's.</param>
    /// <param name="from">The client's own address; null leaves it to the kernel.</param>
    public static async Task<RawClient> ConnectAsync(EndPoint endPoint, int receiveBuffer = 0, int sendBuffer = 0, IPAddress? from = null)
    {
        Socket socket = endPoint is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer > 0)
        {
            socket.ReceiveBufferSize = receiveBuffer;
        }

        if (sendBuffer > 0)
        {
            socket.SendBufferSize = sendBuffer;
        }

        if (from is not null)
        {
            socket.Bind(new IPEndPoint(from, 0));
        }

        try
        {
            await socket.ConnectAsync(endPoint, Deadline.Token);
            return new RawClient(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None, Deadline.Token)..];
        }
    }

    /// <summary>One segment a byte: Nagle is off, and each send is awaited.</summary>
    public async Task SendByteAtATimeAsync(string text)
    {
        foreach (byte one in Encoding.Latin1.GetBytes(text))
        {
            await SendAsync(new[] { one });
        }
    }

    /// <summary>Sends out-of-band data: one urgent byte that is in nobody's stream.</summary>
    public void SendUrgent(byte value) => _socket.Send([value], SocketFlags.OutOfBand);

    /// <summary>Sends FIN; reading goes on.</summary>
    public void ShutdownSend() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Sends RST.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    /// <returns>What came, at most the buffer; empty is the server's FIN.</returns>
    public async Task<int> ReceiveAsync(Memory<byte> buffer)
    {
        try
        {
            return await _socket.ReceiveAsync(buffer, SocketFlags.None, Deadline.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException("The server sent nothing before the deadline.");
        }
    }

    public async Task<byte[]> ReceiveExactlyAsync(int count)
    {
        byte[] bytes = new byte[count];
        for (int got = 0; got < count;)
        {
            int more = await ReceiveAsync(bytes.AsMemory(got));
            if (more == 0)
            {
                throw new EndOfStreamException(
                    $"FIN after {got} of {count} bytes: {Encoding.Latin1.GetString(bytes, 0, Math.Min(got, 200))}");
            }

            got += more;
        }
        return bytes;
    }

    public async Task<string> ReceiveTextAsync(int count) => Encoding.Latin1.GetString(await ReceiveExactlyAsync(count));

    /// <returns>Everything up to the server's FIN.</returns>
    public async Task<byte[]> ReceiveToEndAsync()
    {
        using MemoryStream all = new MemoryStream();
        byte[] buffer = new byte[16384];
        while (await ReceiveAsync(buffer) is var count and > 0)
        {
            all.Write(buffer, 0, count);
        }

        return all.ToArray();
    }

    /// <summary>Reads away whatever comes and throws unless it ends in RST.</summary>
    public async Task ExpectResetAsync()
    {
        try
        {
            byte[] rest = await ReceiveToEndAsync();
            throw new InvalidOperationException($"FIN, after {rest.Length} bytes, where RST was expected.");
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
        }
    }

    /// <summary>Connects, sends nothing, and throws unless the answer is RST, which may come before connect(2) has returned.</summary>
    public static async Task ExpectRefusalAsync(EndPoint endPoint, IPAddress? from = null)
    {
        try
        {
            using RawClient client = await ConnectAsync(endPoint, from: from);
            await client.ExpectResetAsync();
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
        }
    }

    /// <summary>Reads away whatever comes until FIN or RST.</summary>
    public async Task DrainAsync()
    {
        try
        {
            await ReceiveToEndAsync();
        }
        catch (SocketException)
        {
        }
    }

    public void Dispose() => _socket.Dispose();
}
