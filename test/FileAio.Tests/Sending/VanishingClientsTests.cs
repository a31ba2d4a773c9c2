using System.Net.Sockets;
using System.Text;
using FileAio.Tests.Support;

namespace FileAio.Tests.Sending;

/// <summary>
/// Clients that go away in mid-transfer, while others go on: no descriptor and no buffer is missed afterwards, and nobody gets another's
/// bytes.
/// </summary>
[Collection(nameof(Alone))]
public sealed class VanishingClientsTests(FileTree tree) : IClassFixture<FileTree>
{
    private const int Size = 16 << 20;

    [Theory]
    [InlineData(AioMode.On, false, 1)]
    [InlineData(AioMode.On, false, 3)]
    [InlineData(AioMode.On, true, 1)]
    [InlineData(AioMode.Threads, false, 2)]
    [InlineData(AioMode.Posix, false, 2)]
    [InlineData(AioMode.Uring, false, 2)]
    [InlineData(AioMode.Uring, true, 1)]
    public async Task Two_hundred_vanished_clients_leak_nothing(AioMode aio, bool intoPipe, int count)
    {
        // Each file has bytes of its own, and returned buffers are poisoned: a byte of another response, or of a returned buffer, is seen.
        for (int i = 0; i < 4; i++)
        {
            if (!File.Exists(tree.At($"own{i}.bin")))
            {
                tree.Write($"own{i}.bin", Own(i)); // once: reads of a new file are not shared
            }
        }

        FileAio.Buffers.AlignedMemoryPool.Poison = true;
        await using (FileServer server = await FileServer.StartAsync(tree.Root,
            options => (options.Aio, options.OutputBuffers) = (aio, new OutputBuffers(count, 65536)), alignedPool: intoPipe))
        {
            await DownloadAsync(server.Port, 0);
            int before = OpenFiles();
            await Task.WhenAll(
                Task.WhenAll(Enumerable.Range(0, 200).Select(i => VanishAsync(server.Port, i))),
                Task.WhenAll(Enumerable.Range(0, 12).Select(i => DownloadAsync(server.Port, i % 4))));
            await server.IdleAsync();
            await Deadline.Until(() => OpenFiles() <= before, () => $"{OpenFiles()} of the tree's files are open, {before} were before");
            await DownloadAsync(server.Port, 1);
            await Deadline.Until(() => FileAio.Sending.PipePiece.Out == 0,
                () => $"{FileAio.Sending.PipePiece.Out} pieces of the pipe are still out");
        }
        FileAio.Buffers.AlignedMemoryPool.Poison = false;
    }

    private static byte[] Own(int file) => FileTree.Pattern(Size, file * 1_000_003L);

    private static async Task VanishAsync(int port, int i)
    {
        using Socket socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 8192 };
        await socket.ConnectAsync("127.0.0.1", port, Deadline.Token);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET /own{i % 4}.bin HTTP/1.1\r\nHost: x\r\n\r\n"));
        byte[] buffer = new byte[1000 + (i * 300)];
        await socket.ReceiveAsync(buffer, Deadline.Token);
        if (i % 2 == 0)
        {
            socket.LingerState = new LingerOption(true, 0); // a reset instead of a FIN
        }
    }

    private static async Task DownloadAsync(int port, int file)
    {
        RawReply reply = await RawReply.GetAsync(port, $"/own{file}.bin");
        Assert.True(Own(file).AsSpan().SequenceEqual(reply.Body), $"own{file}.bin: {reply.Body.Length} bytes, and not its own");
    }

    /// <summary>Descriptors of files of the tree: whatever else the test host has open does not count.</summary>
    private int OpenFiles() => Directory.EnumerateFiles("/proc/self/fd")
        .Count(link => (new FileInfo(link).LinkTarget ?? "").StartsWith(tree.Root + "/own", StringComparison.Ordinal));
}
