using FileAio.Diagnostics;
using FileAio.Tests.Support;

namespace FileAio.Tests.Sending;

/// <summary>Clients that download one cold file at the same time: reads are shared, and every client gets exactly the file.</summary>
[Collection(nameof(Alone))]
public sealed class SharedDownloadTests(FileTree tree) : IClassFixture<FileTree>
{
    private const int Size = 24 << 20;
    private const string Name = "shared.bin";

    [Theory]
    [InlineData(AioMode.On, false, false), InlineData(AioMode.On, true, false), InlineData(AioMode.On, false, true),
        InlineData(AioMode.On, true, true), InlineData(AioMode.Threads, false, true), InlineData(AioMode.Posix, false, false),
        InlineData(AioMode.Uring, false, true), InlineData(AioMode.Uring, true, false)]
    public async Task Every_client_gets_the_file_and_reads_are_shared(AioMode aio, bool intoPipe, bool epoll)
    {
        byte[] content = FileTree.Pattern(Size, 77);
        if (!File.Exists(tree.At(Name)))
        {
            tree.Write(Name, content);
            await SettledAsync(tree.At(Name));
        }

        FileAio.Buffers.AlignedMemoryPool.Poison = true;
        await using FileServer server = await FileServer.StartAsync(tree.Root,
            options => (options.Aio, options.SendFile) = (aio, SendFileMode.Off), alignedPool: intoPipe, before: builder =>
            {
                if (epoll)
                {
                    TransportCatalogue.Get("epoll").Apply(builder.WebHost, new TransportSettings());
                }
            });
        long shared = 0;
        // How many reads are shared depends on the clients' pace.
        for (long end = Environment.TickCount64 + (long)Deadline.Default.TotalMilliseconds; shared == 0 && Environment.TickCount64 < end;)
        {
            long before = FileMetrics.BytesShared;
            await Task.WhenAll(Enumerable.Range(0, 8).Select(client => DownloadAsync(server.Port, content, from: client % 2 * 1000)));
            await server.IdleAsync();
            shared = FileMetrics.BytesShared - before;
            Assert.Equal(0, server.Runtime.SharedReads.Kept);
        }

        FileAio.Buffers.AlignedMemoryPool.Poison = false;
        Assert.NotEqual(0, shared);
    }

    /// <summary>Responses with the old and the new file run at the same time, several of each.</summary>
    [Fact]
    public async Task A_file_that_is_replaced_is_never_mixed_with_the_new_one()
    {
        byte[][] versions = [FileTree.Pattern(Size, 1), FileTree.Pattern(Size, 1_000_003)];
        foreach (int version in new[] { 0, 1 })
        {
            tree.Write($"version{version}", versions[version]);
        }

        await SettledAsync(tree.At("version1"));

        string link = tree.At("current.bin");
        await using FileServer server = await FileServer.StartAsync(tree.Root, options => options.SendFile = SendFileMode.Off);
        for (int round = 0; round < 10; round++)
        {
            List<Task> downloads = [];
            for (int version = 0; version < 2; version++)
            {
                // In one step: a client that comes in between must not find that there is none.
                File.CreateSymbolicLink(link + ".next", $"version{version}");
                File.Move(link + ".next", link, overwrite: true);
                for (int client = 0; client < 3; client++)
                {
                    downloads.Add(OneOfAsync(server.Port, versions));
                }

                await Task.Delay(5);
            }

            await Task.WhenAll(downloads);
        }

        await server.IdleAsync();
    }

    private static async Task DownloadAsync(int port, byte[] content, int from)
    {
        RawReply reply = await RawReply.GetAsync(port, "/" + Name, from == 0 ? [] : [$"Range: bytes={from}-"]);
        Assert.True(content.AsSpan(from).SequenceEqual(reply.Body), $"{reply.Body.Length} bytes from {from}, and not the file's");
    }

    private static async Task OneOfAsync(int port, byte[][] versions)
    {
        RawReply reply = await RawReply.GetAsync(port, "/current.bin");
        Assert.True(versions.Any(version => version.AsSpan().SequenceEqual(reply.Body)), $"{reply.Status}, {reply.Body.Length} bytes");
    }

    /// <summary>Reads of a file that was changed less than two seconds ago are not shared.</summary>
    private static Task SettledAsync(string path)
    {
        DateTimeOffset written = DateTimeOffset.UtcNow;
        return Deadline.Until(() => DateTimeOffset.UtcNow - written > TimeSpan.FromSeconds(4), () => $"{path} is too new");
    }
}
