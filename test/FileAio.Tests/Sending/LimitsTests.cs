using System.Net.Sockets;
using System.Text;
using FileAio.Buffers;
using FileAio.Sending;
using FileAio.Tests.Support;

namespace FileAio.Tests.Sending;

/// <summary>The bound on memory, and the rate of a response.</summary>
public sealed class LimitsTests(FileTree tree) : IClassFixture<FileTree>
{
    [Fact]
    public async Task All_clients_are_served_in_turn_under_a_tight_limit()
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root,
            options => (options.MaxInFlightBytes, options.OutputBuffers) = (131072, new OutputBuffers(1, 65536)));
        byte[] expected = tree.Bytes("b1048579.bin");
        await Task.WhenAll(Enumerable.Range(0, 40).Select(async _ =>
        {
            RawReply reply = await RawReply.GetAsync(server.Port, "/b1048579.bin");
            Assert.True(expected.AsSpan().SequenceEqual(reply.Body), $"{reply.Status}: {reply.Body.Length} bytes, and not the file's");
        }));
        Assert.Equal(131072, server.Runtime.Buffers.Budget.Limit);
        await server.IdleAsync();
    }

    [Fact]
    public async Task The_response_is_503_if_no_buffer_becomes_free()
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root, options =>
            (options.MaxInFlightBytes, options.OutputBuffers, options.QueueTimeout) =
                (131072, new OutputBuffers(1, 65536), TimeSpan.FromSeconds(1)));
        Assert.True(server.Runtime.Buffers.Budget.TryAcquire(131072));
        Assert.Equal(503, (await RawReply.GetAsync(server.Port, "/b1048579.bin")).Status);
        server.Runtime.Buffers.Budget.Release(131072);
        Assert.Equal(200, (await RawReply.GetAsync(server.Port, "/b1048579.bin")).Status);
    }

    [Fact]
    public async Task The_budget_serves_requests_in_order_and_skips_cancelled_ones()
    {
        BufferBudget budget = new BufferBudget(100);
        Assert.True(budget.TryAcquire(80));
        Task<bool> patient = budget.AcquireAsync(50, Deadline.Default, default).AsTask();
        using CancellationTokenSource gone = new CancellationTokenSource();
        Task<bool> impatient = budget.AcquireAsync(50, Deadline.Default, gone.Token).AsTask();
        Task<bool> last = budget.AcquireAsync(20, Deadline.Default, default).AsTask();
        Assert.False(budget.TryAcquire(10), "who comes late must not pass those who wait");
        await gone.CancelAsync();
        Assert.False(await impatient.WithinDeadline());
        Assert.False(patient.IsCompleted);
        budget.Release(80);
        Assert.True(await patient.WithinDeadline());
        Assert.True(await last.WithinDeadline());
        Assert.Equal(70, budget.Used);
    }

    [Fact]
    public async Task A_stalled_client_holds_no_buffer_of_the_pool()
    {
        tree.Write("long.bin", FileTree.Pattern(32 << 20, 0));
        await using FileServer server = await FileServer.StartAsync(tree.Root);
        using Socket socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 8192 };
        await socket.ConnectAsync("127.0.0.1", server.Port, Deadline.Token);
        await socket.SendAsync(Encoding.ASCII.GetBytes("GET /long.bin HTTP/1.1\r\nHost: x\r\n\r\n"));
        await socket.ReceiveAsync(new byte[100], Deadline.Token);
        await server.IdleAsync();
    }

    [Fact]
    public async Task The_rate_counts_after_the_first_bytes()
    {
        ManualTime time = new ManualTime();
        RateLimit limit = new RateLimit(1000, 500, time);
        await limit.SentAsync(500, default).WithinDeadline();
        Task second = limit.SentAsync(2000, default).AsTask();
        Assert.Equal(TimeSpan.FromSeconds(2), time.Due);
        Assert.False(second.IsCompleted);
        time.Fire();
        await second.WithinDeadline();
    }

    [Theory]
    [InlineData(null)]
    [InlineData(512L)]
    public async Task The_rate_covers_the_parts_of_a_multipart_response(long? directIoThreshold)
    {
        // 40 parts of 4,096 bytes at 64 KiB/s: 160 KiB, of which the last quarter of a second's worth is not waited for.
        await using FileServer server = await FileServer.StartAsync(
            tree.Root, options => (options.LimitRate, options.DirectIoThreshold) = (65536, directIoThreshold));
        string ranges = string.Join(',', Enumerable.Range(0, 40).Select(i => $"{i * 8192}-{(i * 8192) + 4095}"));
        long started = TimeProvider.System.GetTimestamp();
        RawReply reply = await RawReply.GetAsync(server.Port, "/b1048579.bin", "Range: bytes=" + ranges);
        TimeSpan taken = TimeProvider.System.GetElapsedTime(started);
        Assert.Equal(206, reply.Status);
        Assert.True(reply.Body.Length > 40 * 4096);
        Assert.True(taken > TimeSpan.FromSeconds(2), $"{reply.Body.Length} bytes at 65,536 a second took {taken.TotalSeconds:0.00} s only");
    }

    [Fact]
    public async Task A_limited_response_is_whole()
    {
        await using FileServer server =
            await FileServer.StartAsync(tree.Root, options => (options.LimitRate, options.LimitRateAfter) = (4 << 20, 100_000));
        Assert.Equal(tree.Bytes("b300001.bin"), (await RawReply.GetAsync(server.Port, "/b300001.bin")).Body);
        await using FileServer byRequest =
            await FileServer.StartAsync(tree.Root, options => (options.LimitRateOf, options.DirectIoThreshold) = (_ => 4 << 20, null));
        Assert.Equal(tree.Bytes("b300001.bin"), (await RawReply.GetAsync(byRequest.Port, "/b300001.bin")).Body);
    }
}
