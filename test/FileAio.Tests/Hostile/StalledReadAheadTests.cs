using System.Globalization;
using System.Net;
using FileAio.Tests.Support;

namespace FileAio.Tests.Hostile;

/// <summary>Clients that stall give back what was read ahead for them, so that clients that read find buffers.</summary>
[Collection(nameof(Alone))]
[Trait("Category", "Hostile")]
public sealed class StalledReadAheadTests(FileTree tree) : IClassFixture<FileTree>
{
    private const int Buffer = 65536, Buffers = 4;
    private const long Budget = 4 << 20;

    /// <summary>200; FILEAIO_STALLED_CLIENTS sets another number (2,000 take 3 GiB of the kernel's memory for send buffers).</summary>
    private static readonly int Clients =
        int.TryParse(Environment.GetEnvironmentVariable("FILEAIO_STALLED_CLIENTS"), CultureInfo.InvariantCulture, out int clients)
            ? clients
            : 200;

    [Fact]
    public async Task Stalled_clients_hold_no_buffers_that_others_wait_for()
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root, options =>
        {
            options.OutputBuffers = new OutputBuffers(Buffers, Buffer);
            options.MaxInFlightBytes = Budget;
            options.SendTimeout = TimeSpan.FromMinutes(1);
            options.QueueTimeout = TimeSpan.FromSeconds(20);
        });
        List<RawClient> stalled = [];
        try
        {
            for (int i = 0; i < Clients; i++)
            {
                RawClient client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port), receiveBuffer: 8192);
                stalled.Add(client);
                await client.SendAsync("GET /huge.bin HTTP/1.1\r\nHost: x\r\n\r\n");
            }

            foreach (RawClient client in stalled)
            {
                await client.ReceiveExactlyAsync(100);
            }

            // Others are served meanwhile, every one, with the whole file.
            byte[] expected = tree.Bytes("b1048579.bin");
            await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
            {
                for (int i = 0; i < 4; i++)
                {
                    RawReply reply = await RawReply.GetAsync(server.Port, "/b1048579.bin");
                    Assert.True(
                        expected.AsSpan().SequenceEqual(reply.Body), $"{reply.Status}: {reply.Body.Length} bytes, and not the file's");
                }
            }));

            // And the stalled hold half of the budget at most, read-ahead of all of them together.
            await Deadline.Until(
                () => server.Runtime.Buffers.Budget.Used <= Budget / 2,
                () => $"{server.Runtime.Buffers.Budget.Used >> 10} KiB of {Budget >> 10} are held by clients that stall");
        }
        finally
        {
            stalled.ForEach(client => client.Reset());
        }

        await server.IdleAsync();
    }

    [Fact]
    public async Task A_download_whose_read_ahead_was_returned_continues_and_is_complete()
    {
        tree.Write("paused.bin", FileTree.Pattern(24 << 20, 0));
        await using FileServer server = await FileServer.StartAsync(tree.Root, options =>
        {
            options.OutputBuffers = new OutputBuffers(Buffers, Buffer);
            options.MaxReadAhead = 0;
            options.MaxInFlightBytes = Budget;
            options.SendTimeout = TimeSpan.FromSeconds(40); // looks every 5 s
        });
        using RawClient client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port), receiveBuffer: 8192);
        await client.SendAsync("GET /paused.bin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        // Until the client stalls, the count passes through this number again and again.
        int seen = 0;
        await Deadline.Until(
            () => (seen = server.Runtime.Buffers.Rented == Buffers - 1 ? seen + 1 : 0) == 200,
            () => $"{server.Runtime.Buffers.Rented} buffers are held, not those read ahead");
        Assert.True(server.Runtime.Buffers.Budget.TryAcquire((Budget / 2) + 1));
        await Deadline.Until(() => server.Runtime.Buffers.Rented == 0, () => "what was read ahead is still held");
        byte[] reply = await client.ReceiveToEndAsync();
        Assert.True(reply.AsSpan().EndsWith(FileTree.Pattern(24 << 20, 0)), $"{reply.Length} bytes, and not the file's");
        server.Runtime.Buffers.Budget.Release((Budget / 2) + 1);
        await server.IdleAsync();
    }

    [Fact]
    public async Task Reads_ahead_grow_for_a_client_that_reads_and_are_returned_when_it_stalls()
    {
        const int Grown = 2;
        tree.Write("fast.bin", FileTree.Pattern(32 << 20, 0));
        await using FileServer server = await FileServer.StartAsync(tree.Root, options =>
        {
            options.OutputBuffers = new OutputBuffers(1, Buffer);
            options.MaxReadAhead = Grown * 512 * 1024;
            options.SendTimeout = TimeSpan.FromSeconds(40); // looks every 5 s
        });
        using RawClient client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port));
        await client.SendAsync("GET /fast.bin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        byte[] beginning = await client.ReceiveExactlyAsync(4 << 20);

        // It reads no more. What was read ahead meanwhile is there, and goes back although buffers are plentiful.
        await Deadline.Until(
            () => server.Runtime.Buffers.Budget.Used == Grown * 512 * 1024,
            () => $"{server.Runtime.Buffers.Budget.Used >> 10} KiB are held");
        await Deadline.Until(() => server.Runtime.Buffers.Rented == 0, () => $"{server.Runtime.Buffers.Rented} buffers are still held");
        byte[] reply = [.. beginning, .. await client.ReceiveToEndAsync()];
        Assert.True(reply.AsSpan().EndsWith(FileTree.Pattern(32 << 20, 0)), $"{reply.Length} bytes, and not the file's");
        await server.IdleAsync();
    }
}
