using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Transport.Tests.BackPressure;

/// <summary>Neither side may be made to hold more than the options say, and a pause must cost nothing while it lasts.</summary>
public class BackPressureTests
{
    private static readonly TransportSettings Small = new() { MaxReadBufferSize = 1000, MaxWriteBufferSize = 1000, LoopCount = 1 };

    [Theory, Transports(Variants = true)]
    public async Task A_reader_that_does_not_read_pauses_the_socket_and_resumes_it(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport, settings: Small);
        await using BareListener.Pair pair = await listener.ConnectAsync(sendBuffer: 16 * 1024);
        byte[] bytes = TestApp.PatternBytes(1_000_000);
        Task sending = pair.Client.SendAsync(bytes);
        await listener.Logs.WaitForAsync(transport.LogCategory, 4, pair.Server.ConnectionId);
        Assert.False(sending.IsCompleted);
        int got = 0;
        while (got < bytes.Length)
        {
            ReadResult result = await pair.Server.Transport.Input.ReadAsync(Deadline.Token);
            // Paused at 1000; the receive that passes the limit fills a block or two, and is no bulk one.
            Assert.InRange(result.Buffer.Length, 1, 1000 + 2 * CountingPool.BlockSize);
            foreach (ReadOnlyMemory<byte> segment in result.Buffer)
            {
                Assert.True(segment.Span.SequenceEqual(bytes.AsSpan(got, segment.Length)));
                got += segment.Length;
            }
            pair.Server.Transport.Input.AdvanceTo(result.Buffer.End);
        }
        await sending;
        await listener.Logs.WaitForAsync(transport.LogCategory, 5, pair.Server.ConnectionId);
    }

    [Theory, Transports(Variants = true)]
    public async Task A_client_that_does_not_read_delays_the_writer(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport, settings: Small);
        await using BareListener.Pair pair = await listener.ConnectAsync(receiveBuffer: 16 * 1024);
        byte[] bytes = TestApp.PatternBytes(8_000_000);
        Task<FlushResult> flush = pair.Server.Transport.Output.WriteAsync(bytes, Deadline.Token).AsTask();
        Assert.False(flush.IsCompleted);
        Assert.Equal(bytes, await pair.Client.ReceiveExactlyAsync(bytes.Length));
        FlushResult result = await flush.WithinDeadline();
        Assert.False(result.IsCompleted);
        await pair.Server.WriteAsync("and on");
        Assert.Equal("and on", await pair.Client.ReceiveTextAsync(6));
    }

    /// <summary>The end of a client is not looked at while its bytes are not wanted.</summary>
    [Theory]
    [Transports(true), Transports(false)]
    public async Task While_reading_is_paused_fin_and_reset_stay_unobserved(TransportUnderTest transport, bool reset)
    {
        await using BareListener listener = await BareListener.BindAsync(transport, settings: Small);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        await using BareListener.Pair other = await listener.ConnectAsync();
        await pair.Client.SendAsync(new byte[20_000]);
        await listener.Logs.WaitForAsync(transport.LogCategory, 4, pair.Server.ConnectionId);
        if (reset)
        {
            pair.Client.Reset();
        }
        else
        {
            pair.Client.ShutdownSend();
        }
        // The loop has turned often since.
        for (int i = 0; i < 50; i++)
        {
            await PingPongAsync(other);
        }

        Assert.False(pair.Server.ConnectionClosed.IsCancellationRequested);
        // Reading on brings it out.
        if (reset)
        {
            await Assert.ThrowsAsync<ConnectionResetException>(pair.Server.ReadToEndAsync);
        }
        else
        {
            Assert.Equal(20_000, (await pair.Server.ReadToEndAsync()).Length);
        }
        await pair.Server.ConnectionClosed.Fired();
    }

    [Theory, Transports]
    public async Task A_paused_connection_can_be_disposed(TransportUnderTest transport)
    {
        TransportSettings settings = Small;
        await using BareListener listener = await BareListener.BindAsync(transport, settings: settings);
        await using (BareListener.Pair pair = await listener.ConnectAsync())
        {
            await pair.Client.SendAsync(new byte[20_000]);
            await listener.Logs.WaitForAsync(transport.LogCategory, 4, pair.Server.ConnectionId);
            await pair.Server.DisposeAsync().WithinDeadline();
        }
        await listener.Pools.AllReturnedAsync();
    }

    [Theory, Transports]
    public async Task A_paused_connection_can_be_aborted(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport, settings: Small);
        await using (BareListener.Pair pair = await listener.ConnectAsync())
        {
            await pair.Client.SendAsync(new byte[20_000]);
            await listener.Logs.WaitForAsync(transport.LogCategory, 4, pair.Server.ConnectionId);
            pair.Server.Abort(new ConnectionAbortedException("enough"));
            await pair.Server.ConnectionClosed.Fired();
            await pair.Client.ExpectResetAsync();
        }
        await listener.Pools.AllReturnedAsync();
    }

    /// <summary>
    /// Hang-ups and errors cannot be masked in epoll: a paused connection that is still watched level-triggered burns a core.
    /// </summary>
    [Theory]
    [Transports(true, Variants = true, Faults = true, NotOnSockets = "its calls do not go through the shim that counts them")]
    [Transports(false, Variants = true, Faults = true, NotOnSockets = "its calls do not go through the shim that counts them")]
    public async Task A_paused_connection_does_not_spin(TransportUnderTest transport, bool reset)
    {
        Assert.SkipWhen(transport.Model == "busy", "It asks its other connections again and again: that is the model.");
        await using BareListener listener = await BareListener.BindAsync(transport, settings: Small);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        await using BareListener.Pair other = await listener.ConnectAsync();
        await pair.Client.SendAsync(new byte[20_000]);
        await listener.Logs.WaitForAsync(transport.LogCategory, 4, pair.Server.ConnectionId);
        if (reset)
        {
            pair.Client.Reset();
        }
        else
        {
            pair.Client.ShutdownSend();
        }

        await PingPongAsync(other);
        long before = FaultShim.Counted([.. FaultShim.Waits, .. FaultShim.Receives]);
        await Task.Delay(100);
        await PingPongAsync(other);
        // A loop that spins makes tens of thousands of calls in this time; one that looks after its workers every 2 ms fifty.
        Assert.InRange(FaultShim.Counted([.. FaultShim.Waits, .. FaultShim.Receives]) - before, 1, 1000);
    }

    [Theory]
    [Transports(null!), Transports(0L)]
    public async Task No_limit_means_no_pause(TransportUnderTest transport, long? limit)
    {
        await using BareListener listener = await BareListener.BindAsync(transport,
            settings: new TransportSettings { MaxReadBufferSize = limit, MaxWriteBufferSize = limit });
        await using BareListener.Pair pair = await listener.ConnectAsync(receiveBuffer: 16 * 1024);
        byte[] bytes = TestApp.PatternBytes(4_000_000);
        ValueTask<FlushResult> flush = pair.Server.Transport.Output.WriteAsync(bytes, Deadline.Token);
        Assert.True(flush.IsCompleted);
        await pair.Client.SendAsync(bytes).WithinDeadline();
        ReadResult result = await pair.Server.Transport.Input.ReadAtLeastAsync(bytes.Length, Deadline.Token);
        Assert.Equal(bytes, result.Buffer.ToArray());
        pair.Server.Transport.Input.AdvanceTo(result.Buffer.End);
        Assert.DoesNotContain(listener.Logs.Entries, entry => entry.Category == transport.LogCategory && entry.Id.Id == 4);
        Assert.Equal(bytes, await pair.Client.ReceiveExactlyAsync(bytes.Length));
    }

    /// <summary>An idle connection holds no block, unless it was asked to.</summary>
    [Theory, Transports(Variants = true)]
    public async Task An_idle_connection_holds_no_block(TransportUnderTest transport)
    {
        Assert.SkipWhen(
            transport.Model == "busy" || transport.Name == "uring/intopipe", "Its receives need somewhere to put what they do not get.");
        await using BareListener listener = await BareListener.BindAsync(transport);
        List<BareListener.Pair> pairs = new List<BareListener.Pair>();
        for (int i = 0; i < 20; i++)
        {
            pairs.Add(await listener.ConnectAsync());
            await pairs[i].Client.SendAsync("ping");
            Assert.Equal("ping", await pairs[i].Server.ReadTextAsync(4));
            await pairs[i].Server.WriteAsync("pong");
            Assert.Equal("pong", await pairs[i].Client.ReceiveTextAsync(4));
        }
        // Kestrel's own keeps one here and there, where its next receive found the answer already waited for.
        int kept = transport.IsOracle ? pairs.Count / 2 : 0;
        await Deadline.Until(() => listener.Pools.Rented <= kept, () => $"20 idle connections hold {listener.Pools.Rented} blocks");
        foreach (BareListener.Pair pair in pairs)
        {
            await pair.DisposeAsync();
        }
    }

    [Theory, Transports]
    public async Task The_transport_works_without_waiting_for_data(TransportUnderTest transport)
    {
        await using BareListener listener =
            await BareListener.BindAsync(transport, settings: new TransportSettings { WaitForDataBeforeAllocatingBuffer = false });
        await using (BareListener.Pair pair = await listener.ConnectAsync())
        {
            for (int i = 0; i < 5; i++)
            {
                await PingPongAsync(pair);
            }
        }
        await listener.Pools.AllReturnedAsync();
    }

    private static async Task PingPongAsync(BareListener.Pair pair)
    {
        await pair.Client.SendAsync("ping");
        Assert.Equal("ping", await pair.Server.ReadTextAsync(4));
        await pair.Server.WriteAsync("pong");
        Assert.Equal("pong", await pair.Client.ReceiveTextAsync(4));
    }
}
