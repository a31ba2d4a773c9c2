using System.Net.Sockets;
using System.Text;
using FileAio.Tests.Support;

namespace FileAio.Tests.Sending;

/// <summary>A file that changes while it is being sent.</summary>
public sealed class MidTransferTests(FileTree tree) : IClassFixture<FileTree>
{
    private const int Size = 48 << 20; // more than the sockets between hold

    public static TheoryData<AioMode, bool> Ways
        => new() { { AioMode.On, false }, { AioMode.On, true }, { AioMode.Threads, false }, { AioMode.Off, false },
            { AioMode.Uring, false }, { AioMode.Uring, true } };

    [Theory]
    [MemberData(nameof(Ways))]
    public Task A_truncated_file_ends_the_connection(AioMode aio, bool intoPipe) => TransferAsync(aio, intoPipe, "cut.bin",
        path =>
        {
            using FileStream file = File.OpenWrite(path);
            file.SetLength(1000);
        },
        body => Assert.InRange(body.Length, 1, Size - 1));

    [Theory]
    [MemberData(nameof(Ways))]
    public Task A_file_that_has_grown_is_sent_with_the_announced_length(AioMode aio, bool intoPipe) => TransferAsync(
        aio, intoPipe, "grown.bin",
        path =>
        {
            using FileStream file = new FileStream(path, FileMode.Append);
            file.Write(new byte[100_000]);
        },
        WholeOldFile);

    [Theory]
    [MemberData(nameof(Ways))]
    public Task An_unlinked_file_is_still_sent(AioMode aio, bool intoPipe)
        => TransferAsync(aio, intoPipe, "gone.bin", File.Delete, WholeOldFile);

    [Theory]
    [MemberData(nameof(Ways))]
    public Task A_replaced_file_is_sent_in_its_old_version(AioMode aio, bool intoPipe) => TransferAsync(aio, intoPipe, "replaced.bin",
        path =>
        {
            File.WriteAllBytes(path + ".new", new byte[Size]);
            File.Move(path + ".new", path, overwrite: true);
        },
        WholeOldFile);

    private static void WholeOldFile(byte[] body) =>
        Assert.True(FileTree.Pattern(Size, 0).AsSpan().SequenceEqual(body), $"{body.Length} bytes, and not those of the old file");

    private async Task TransferAsync(AioMode aio, bool intoPipe, string name, Action<string> change, Action<byte[]> check)
    {
        tree.Write(name, FileTree.Pattern(Size, 0));
        await using FileServer server = await FileServer.StartAsync(tree.Root, options =>
        {
            options.Aio = aio;
            options.OutputBuffers = new OutputBuffers(2, 131072);
        }, alignedPool: intoPipe);
        using Socket socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 65536 };
        await socket.ConnectAsync("127.0.0.1", server.Port, Deadline.Token);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET /{name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
        byte[] buffer = new byte[1 << 16];
        using MemoryStream wire = new MemoryStream();
        wire.Write(buffer, 0, await socket.ReceiveAsync(buffer, Deadline.Token));

        change(tree.At(name));

        try
        {
            int got;
            while ((got = await socket.ReceiveAsync(buffer, Deadline.Token)) > 0)
            {
                wire.Write(buffer, 0, got);
            }
        }
        catch (SocketException reset) when (reset.SocketErrorCode == SocketError.ConnectionReset)
        {
            // An aborted response may end the connection by a reset.
        }
        byte[] all = wire.ToArray();
        check(all[(all.AsSpan().IndexOf("\r\n\r\n"u8) + 4)..]);
        await server.IdleAsync();
    }
}
