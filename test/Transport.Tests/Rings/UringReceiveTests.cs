using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Transport.Tests.Metrics;
using Transport.Uring;
using Transport.Uring.Diagnostics;

namespace Transport.Tests.Rings;

/// <summary>The ways to receive: full queues, too few buffers, connections that pause with data on the way.</summary>
public class UringReceiveTests
{
    public static TheoryData<UringReceive> Ways => [.. Enum.GetValues<UringReceive>()];

    /// <summary>
    /// Many clients are ready at once, and the queues hold a few: submissions wait for the next call, completions in the kernel.
    /// </summary>
    [Theory, MemberData(nameof(Ways))]
    public async Task Full_queues_complete_all_requests(UringReceive receive)
    {
        await using WebServer server = await WebServer.StartRawAsync(
            UringUnderTest.With(options =>
            {
                (options.Receive, options.ReceiveBuffers) = (receive, 256);
                (options.QueueDepth, options.CompletionQueueDepth) = (8, 8);
            }),
            connection => connection.EchoAsync(),
            new TransportSettings { LoopCount = 1 });
        using MeterReader meter = new(server.Application.Services, UringMetrics.MeterName);
        List<RawClient> clients = await ConnectAsync(server, 200);
        for (int round = 0; round < 20; round++)
        {
            await Task.WhenAll(clients.Select(client => client.SendAsync("round")));
            await Task.WhenAll(clients.Select(async client => Assert.Equal("round", await client.ReceiveTextAsync(5))));
        }

        clients.ForEach(client => client.Dispose());
        await meter.ReachesAsync("transport.connections", 0);
        Assert.True(meter.Sum("transport.uring.overflows") > 0, "The completion queue never overflowed.");
    }

    /// <summary>One buffer for all: who finds none receives into memory of its own, and takes a buffer again afterwards.</summary>
    [Theory, InlineData(UringReceive.Auto), InlineData(UringReceive.MultishotIntoRing), InlineData(UringReceive.SingleIntoRing)]
    public async Task Too_few_buffers_complete_all_requests(UringReceive receive)
    {
        await using WebServer server = await WebServer.StartRawAsync(
            UringUnderTest.With(options => (options.Receive, options.ReceiveBuffers, options.ReceiveBufferSize) = (receive, 1, 512)),
            connection => connection.EchoAsync(),
            new TransportSettings { LoopCount = 1 });
        using MeterReader meter = new(server.Application.Services, UringMetrics.MeterName);
        List<RawClient> clients = await ConnectAsync(server, 64);
        byte[] bytes = TestApp.PatternBytes(100_000);
        for (int round = 0; round < 5 || (meter.Sum("transport.uring.buffer_shortages") == 0 && round < 500); round++)
        {
            await Task.WhenAll(clients.Select(async client =>
            {
                Task sending = client.SendAsync(bytes);
                Assert.Equal(bytes, await client.ReceiveExactlyAsync(bytes.Length));
                await sending;
            }));
        }

        long shortages = meter.Sum("transport.uring.buffer_shortages");
        Assert.True(shortages > 0, "There was always a buffer.");

        // One at a time: the only buffer is free again.
        foreach (RawClient client in clients)
        {
            for (int i = 0; i < 3; i++)
            {
                await client.SendAsync("once more");
                Assert.Equal("once more", await client.ReceiveTextAsync(9));
            }
        }

        // Before the clients leave: a FIN takes the buffer for a moment too.
        Assert.Equal(shortages, meter.Sum("transport.uring.buffer_shortages"));
        clients.ForEach(client => client.Dispose());
    }

    /// <summary>
    /// 64 clients send 20 MB each to handlers that do not read: what is held is bounded by the pipes' limits and the ring, somebody else is
    /// served meanwhile, and every byte arrives in its place.
    /// </summary>
    [Theory, MemberData(nameof(Ways))]
    public async Task Uploads_that_nobody_reads_are_bounded(UringReceive receive)
    {
        const int Clients = 64;
        const int ReadBuffer = 64 * 1024;
        CountingPoolFactory pools = new();
        TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using WebServer server = await WebServer.StartRawAsync(
            UringUnderTest.With(receive),
            async connection =>
            {
                ReadResult first = await connection.Transport.Input.ReadAtLeastAsync(1, Deadline.Token);
                bool isUpload = first.Buffer.FirstSpan[0] == TestApp.Pattern(0);
                connection.Transport.Input.AdvanceTo(first.Buffer.Start);
                if (isUpload)
                {
                    await released.Task;
                    await AnswerCheckedLengthAsync(connection);
                }
                else
                {
                    await connection.EchoAsync();
                }
            },
            new TransportSettings { LoopCount = 1, MaxReadBufferSize = ReadBuffer },
            pools: pools);
        using MeterReader meter = new(server.Application.Services, UringMetrics.MeterName);
        byte[] upload = TestApp.PatternBytes(20_000_000);
        List<RawClient> clients = await ConnectAsync(server, Clients);
        List<Task> uploads = [.. clients.Select(client => client.SendAsync(upload))];
        await meter.ReachesAsync("transport.paused_connections", Clients);

        // A receive overshoots the limit by its own size at most, which is the limit here.
        long most = Clients * ((2 * ReadBuffer / CountingPool.BlockSize) + 2);
        Assert.InRange(pools.Rented, Clients, most);
        using (RawClient other = await server.ConnectAsync())
        {
            for (int i = 0; i < 50; i++)
            {
                await other.SendAsync("\u0001served");
                Assert.Equal("\u0001served", await other.ReceiveTextAsync(7));
            }
        }

        released.SetResult();
        await Task.WhenAll(uploads);
        foreach (RawClient client in clients)
        {
            client.ShutdownSend();
            Assert.Equal("20000000", Encoding.ASCII.GetString(await client.ReceiveToEndAsync()));
            client.Dispose();
        }
    }

    /// <summary>A connection pauses and continues many times, with data on its way at each cancellation.</summary>
    [Theory, MemberData(nameof(Ways))]
    public async Task Pauses_lose_no_byte(UringReceive receive)
    {
        const int Size = 10_000_000;
        await using BareListener listener = await BareListener.BindAsync(
            UringUnderTest.With(receive), settings: new TransportSettings { LoopCount = 1, MaxReadBufferSize = 20_000 });
        byte[] bytes = TestApp.PatternBytes(Size);
        Random random = new(17);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => listener.ConnectAsync()).Select(async connecting =>
        {
            await using BareListener.Pair pair = await connecting;
            Task sending = SendInPiecesAsync(pair.Client, bytes, new Random(random.Next()));
            PipeReader input = pair.Server.Transport.Input;
            long at = 0;
            while (at < Size)
            {
                ReadResult result = await input.ReadAsync(Deadline.Token);
                at = Check(result, at);
                input.AdvanceTo(result.Buffer.End);
                if (at % 7 == 0)
                {
                    await Task.Yield();
                }
            }

            Assert.Equal(Size, at);
            await sending;
            pair.Client.ShutdownSend();
            Assert.True((await input.ReadAsync(Deadline.Token)).IsCompleted);
        }));
    }

    /// <summary>Connections end while they hold buffers of the ring. If one were lost, somebody would soon find none.</summary>
    [Fact]
    public async Task Buffers_of_connections_that_end_are_returned()
    {
        const int Buffers = 16;
        CountingPoolFactory pools = new();
        LeakCheck leaks = new();
        await using (BareListener listener = await BareListener.BindAsync(
            UringUnderTest.With(options => (options.Receive, options.ReceiveBuffers) = (UringReceive.MultishotIntoRing, Buffers)),
            settings: new TransportSettings { LoopCount = 1, MaxReadBufferSize = 4096 },
            pools: pools))
        {
            using MeterReader meter = new(listener.Provider, UringMetrics.MeterName);
            byte[] bytes = new byte[500_000];
            for (int i = 0; i < 3 * Buffers; i++)
            {
                BareListener.Pair pair = await listener.ConnectAsync();
                Task sending = pair.Client.SendAsync(bytes);
                await meter.ReachesAsync("transport.paused_connections", 1);
                pair.Server.Abort(new ConnectionAbortedException("test"));
                await pair.DisposeAsync();

                // The kernel may have taken all of it.
                await sending.ContinueWith(static _ => { }, TaskScheduler.Default);
            }

            await meter.ReachesAsync("transport.connections", 0);
            long shortages = meter.Sum("transport.uring.buffer_shortages");
            List<BareListener.Pair> pairs = [];
            for (int i = 0; i < Buffers; i++)
            {
                // Each holds what it has not read in one buffer: the first receive fills the pipe, the next has nowhere to go.
                BareListener.Pair pair = await listener.ConnectAsync();
                await pair.Client.SendAsync(new byte[4096]);
                await meter.ReachesAsync("transport.paused_connections", i + 1);
                await pair.Client.SendAsync("x");
                pairs.Add(pair);
            }

            foreach (BareListener.Pair pair in pairs)
            {
                Assert.Equal(4097, (await pair.Server.Transport.Input.ReadAtLeastAsync(4097, Deadline.Token)).Buffer.Length);
                await pair.DisposeAsync();
            }

            Assert.Equal(shortages, meter.Sum("transport.uring.buffer_shortages"));
        }

        await pools.AllReturnedAsync();
        await leaks.NothingLeakedAsync();
    }

    /// <summary>A reset meets connections that wait, have sent a part, are paused, are sending, and have half closed.</summary>
    [Theory, MemberData(nameof(Ways))]
    public async Task A_reset_in_every_state_leaves_nothing(UringReceive receive)
    {
        CountingPoolFactory pools = new();
        TransportUnderTest transport = UringUnderTest.With(receive);
        await (await WebServer.StartAsync(transport, TestApp.RouteAsync)).DisposeAsync();
        LeakCheck leaks = new();
        await using (WebServer server = await WebServer.StartAsync(
            transport, TestApp.RouteAsync, new TransportSettings { LoopCount = 1, MaxReadBufferSize = 4096 }, pools: pools))
        {
            using MeterReader meter = new(server.Application.Services);
            using RawClient witness = await server.ConnectAsync();
            for (int i = 0; i < 60; i++)
            {
                RawClient client = await server.ConnectAsync(receiveBuffer: 4096);
                switch (i % 6)
                {
                    case 1:
                        await client.SendAsync("GET / HTTP/1.1\r\nHo");
                        break;
                    case 2:
                        await client.SendAsync("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n");
                        await client.SendAsync(new byte[100_000]);
                        break;
                    case 3:
                        await client.SendAsync("GET /bytes/20000000 HTTP/1.1\r\nHost: a\r\n\r\n");
                        await client.ReceiveTextAsync(12);
                        break;
                    case 4:
                        await client.SendAsync("GET /bytes/20000000 HTTP/1.1\r\nHost: a\r\n\r\n");
                        await client.ReceiveTextAsync(12);
                        client.ShutdownSend();
                        break;
                    case 5:
                        Assert.Equal(200, (await client.GetAsync("/")).Status);
                        break;
                    default:
                        break;
                }

                client.Reset();
                Assert.Equal(200, (await witness.GetAsync("/")).Status);
            }

            await meter.ReachesAsync("transport.connections", 1);
        }

        await pools.AllReturnedAsync();
        await leaks.NothingLeakedAsync();
    }

    /// <summary>Linux 5.19 has buffer rings and no multishot receives.</summary>
    [Theory, Transports(Faults = true, Model = "uring")]
    public async Task Where_multishot_receives_are_refused_single_ones_serve(TransportUnderTest transport)
    {
        Assert.Equal("uring", transport.Model);
        await using WebServer server = await WebServer.StartAsync(
            UringUnderTest.With(UringReceive.MultishotIntoRing), TestApp.HelloAsync, new TransportSettings { LoopCount = 1 });
        using RawClient first = await server.ConnectAsync();
        Assert.Equal(200, (await first.GetAsync("/")).Status);
        using (Fault fault = FaultShim.Fail(["recv"], Errno.EINVAL))
        {
            using RawClient second = await server.ConnectAsync();
            Assert.Equal(200, (await second.GetAsync("/")).Status);
            Assert.Equal(1, fault.Fired);
        }

        LogEntry warning = await server.Logs.WaitForAsync(transport.LogCategory, 141);
        Assert.Contains("multishot receives: IORING_OP_RECV failed: Invalid argument", warning.Message, StringComparison.Ordinal);
        using RawClient third = await server.ConnectAsync();
        Assert.Equal(200, (await third.GetAsync("/")).Status);
        Assert.Equal(200, (await first.GetAsync("/")).Status);
    }

    private static async Task<List<RawClient>> ConnectAsync(WebServer server, int count)
    {
        List<RawClient> clients = [];
        for (int i = 0; i < count; i++)
        {
            clients.Add(await server.ConnectAsync());
        }

        return clients;
    }

    private static async Task SendInPiecesAsync(RawClient client, byte[] bytes, Random random)
    {
        for (int at = 0; at < bytes.Length;)
        {
            int count = Math.Min(random.Next(1, 60_000), bytes.Length - at);
            await client.SendAsync(bytes.AsMemory(at, count));
            at += count;
        }
    }

    private static async Task AnswerCheckedLengthAsync(ConnectionContext connection)
    {
        long length = 0;
        ReadResult result;
        do
        {
            result = await connection.Transport.Input.ReadAsync(Deadline.Token);
            length = Check(result, length);
            connection.Transport.Input.AdvanceTo(result.Buffer.End);
        }
        while (!result.IsCompleted);
        await connection.WriteAsync($"{length}");
    }

    /// <returns>The position after the buffer.</returns>
    internal static long Check(ReadResult result, long at)
    {
        foreach (ReadOnlyMemory<byte> piece in result.Buffer)
        {
            foreach (byte value in piece.Span)
            {
                if (value != TestApp.Pattern(at++))
                {
                    throw new InvalidDataException($"The byte at {at - 1} is another.");
                }
            }
        }

        return at;
    }
}
