using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using FileAio.Tests.Support;
using Microsoft.Extensions.Logging;

namespace FileAio.Tests.Hostile;

/// <summary>
/// Clients that read slowly, with a small receive buffer, are served as long as they read. Kestrel's minimum response data rate, which
/// does not count bytes written by GetMemory and Advance, ended such downloads after 7 to 26 s.
/// </summary>
[Trait("Category", "Hostile")]
public sealed class SlowReadersTests(FileTree tree) : IClassFixture<FileTree>
{
    /// <summary>How long each client reads: 20 s; FILEAIO_SLOW_SECONDS sets another time, for the long form.</summary>
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(
        double.TryParse(Environment.GetEnvironmentVariable("FILEAIO_SLOW_SECONDS"), CultureInfo.InvariantCulture, out double seconds)
            ? seconds : 20);

    private static readonly int[] Rates = [1, 5, 50, 200, 1000];

    [Fact]
    public async Task Clients_that_read_slowly_are_not_aborted()
    {
        List<FileServer> servers = [];
        List<Task<string?>> clients = [];
        try
        {
            foreach (string transport in new[] { "sockets", "epoll" })
            {
                foreach (bool tls in new[] { false, true })
                {
                    foreach ((int buffer, bool cached, bool pool) in new[] { (128, false, false), (1024, false, true), (128, true, false) })
                    {
                        FileServer server = await StartAsync(transport, tls, buffer * 1024, cached, pool);
                        servers.Add(server);
                        clients.AddRange(Rates.Select(rate => ReadSlowlyAsync(server.Port, tls, rate * 1024,
                            $"{transport}, {(tls ? "TLS" : "plain")}, {buffer} KiB buffers, "
            + $"{(cached ? "page cache" : pool ? "into the pipe" : "direct")}, {rate} KB/s")));
                    }
                }
            }

            string[] cut = [.. (await Task.WhenAll(clients)).OfType<string>()];
            Assert.True(cut.Length == 0, $"{cut.Length} of {clients.Count} were cut:\n{string.Join('\n', cut)}");
        }
        finally
        {
            foreach (FileServer server in servers)
            {
                await server.DisposeAsync();
            }
        }
    }

    /// <summary>
    /// What is left when the application has written everything is in Kestrel's pipe and the kernel's send buffer. The sizes are around
    /// what the two hold together, so that for some of them no flush ever waits.
    /// </summary>
    [Fact]
    public async Task The_end_of_a_response_waits_for_a_client_that_pauses()
    {
        await using FileServer server = await StartAsync("sockets", tls: false, 131072, cached: false, pool: false);
        await Task.WhenAll(new[] { "close", "keep-alive" }.SelectMany(connection => Enumerable.Range(1, 18).Select(async i =>
        {
            int size = i * 256 * 1024;
            using RawClient client =
                await RawClient.ConnectAsync(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, server.Port), receiveBuffer: 8192);
            await client.SendAsync($"GET /huge.bin HTTP/1.1\r\nHost: x\r\nRange: bytes=0-{size - 1}\r\nConnection: {connection}\r\n\r\n");
            await Task.Delay(TimeSpan.FromSeconds(12)); // twice Kestrel's grace period and more
            string head = "";
            while (!head.EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                head += await client.ReceiveTextAsync(1);
            }

            byte[] body = await client.ReceiveExactlyAsync(size);
            Assert.Equal(FileTree.Pattern(64, 0), body[..64]);
        })));
        await server.IdleAsync();
    }

    private async Task<FileServer> StartAsync(string transport, bool tls, int buffer, bool cached, bool pool)
        => await FileServer.StartAsync(
        tree.Root,
        options =>
        {
            options.OutputBuffers = new OutputBuffers(1, buffer);
            options.DirectIoThreshold = cached ? null : 512;
        },
        alignedPool: pool, tls: tls,
        before: builder =>
        {
            builder.Logging.SetMinimumLevel(LogLevel.Debug);
            TransportCatalogue.Get(transport).Apply(builder.WebHost, new TransportSettings());
        });

    /// <returns>Null, or how the connection ended before its time.</returns>
    private static async Task<string?> ReadSlowlyAsync(int port, bool tls, int bytesPerSecond, string name)
    {
        using Socket socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 8192 };
        await socket.ConnectAsync("127.0.0.1", port, Deadline.Token);
        await using Stream plain = new NetworkStream(socket);
        await using Stream stream = tls ? new SslStream(plain, true, static (_, certificate, _, _) => certificate is not null) : plain;
        if (stream is SslStream secure)
        {
            await secure.AuthenticateAsClientAsync("localhost");
        }

        await stream.WriteAsync(Encoding.ASCII.GetBytes("GET /huge.bin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
        byte[] buffer = new byte[65536];
        long started = TimeProvider.System.GetTimestamp();
        long taken = 0;
        while (TimeProvider.System.GetElapsedTime(started) is var elapsed && elapsed < Time)
        {
            long due = (long)(elapsed.TotalSeconds * bytesPerSecond);
            if (taken >= due)
            {
                await Task.Delay(50);
                continue;
            }

            try
            {
                int got = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, due - taken)), Deadline.Token);
                if (got == 0)
                {
                    return $"{name}: ended after {elapsed.TotalSeconds:0.0} s and {taken} bytes";
                }

                taken += got;
            }
            catch (IOException exception)
            {
                return $"{name}: {exception.Message} after {elapsed.TotalSeconds:0.0} s and {taken} bytes";
            }
        }
        return null;
    }
}
