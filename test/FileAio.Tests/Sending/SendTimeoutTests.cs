using System.Net.Sockets;
using System.Text;
using FileAio.Tests.Support;
using Microsoft.Extensions.Logging;

namespace FileAio.Tests.Sending;

/// <summary>A client that takes nothing, and one that takes little.</summary>
public sealed class SendTimeoutTests(FileTree tree) : IClassFixture<FileTree>
{
    private const int Size = 32 << 20;

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task A_client_that_reads_nothing_is_disconnected(bool intoPipe, bool cached)
    {
        tree.Write("stalled.bin", FileTree.Pattern(Size, 0));
        await using FileServer server = await StartAsync(TimeSpan.FromMilliseconds(400), intoPipe, cached);
        using Socket client = await AskAsync(server.Port, "stalled.bin");
        await client.ReceiveAsync(new byte[100], Deadline.Token);
        await Deadline.Until(() => server.Log.At(LogLevel.Debug).Any(line => line.Contains("received nothing")),
            () => "the server has not noticed");
        await server.IdleAsync();
        await Deadline.Until(() => !IsOpen("stalled.bin"), () => "the file is still open");
        Assert.Empty(server.Log.At(LogLevel.Warning).Concat(server.Log.At(LogLevel.Error)));
        Assert.True(await DrainAsync(client) < Size, "all of it came after all");
    }

    [Fact]
    public async Task A_client_that_reads_little_at_a_time_is_not_aborted()
    {
        // Of one buffer of 1 MiB 8 KiB are taken in 40 ms: once the sockets' buffers are full, a flush lasts five seconds, ten times the
        // timeout.
        tree.Write("slow.bin", FileTree.Pattern(Size, 0));
        await using FileServer server = await StartAsync(TimeSpan.FromMilliseconds(500), outputBuffer: 1 << 20);
        using Socket client = await AskAsync(server.Port, "slow.bin");
        byte[] buffer = new byte[8192];
        long got = 0;
        for (int i = 0; i < 75; i++)
        {
            got += await client.ReceiveAsync(buffer, Deadline.Token);
            await Task.Delay(40);
        }
        Assert.DoesNotContain(server.Log.At(LogLevel.Debug), line => line.Contains("received nothing"));
        Assert.True(got + await DrainAsync(client) > Size);
    }

    private Task<FileServer> StartAsync(TimeSpan timeout, bool intoPipe = false, bool cached = false, int outputBuffer = 131072)
        => FileServer.StartAsync(
        tree.Root,
        options =>
        {
            options.SendTimeout = timeout;
            options.OutputBuffers = new OutputBuffers(1, outputBuffer);
            if (cached)
            {
                options.DirectIoThreshold = null;
            }
        },
        alignedPool: intoPipe,
        before: builder => builder.Logging.SetMinimumLevel(LogLevel.Debug));

    private static async Task<Socket> AskAsync(int port, string file)
    {
        Socket socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 8192 };
        await socket.ConnectAsync("127.0.0.1", port, Deadline.Token);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET /{file} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
        return socket;
    }

    private static async Task<long> DrainAsync(Socket client)
    {
        long all = 0;
        byte[] buffer = new byte[1 << 16];
        try
        {
            for (int got; (got = await client.ReceiveAsync(buffer, Deadline.Token)) > 0;)
            {
                all += got;
            }
        }
        catch (SocketException)
        {
            // a reset: what it still held is lost
        }
        return all;
    }

    private bool IsOpen(string name)
        => Directory.EnumerateFiles("/proc/self/fd").Any(link => new FileInfo(link).LinkTarget == tree.At(name));
}
