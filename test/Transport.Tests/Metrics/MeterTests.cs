namespace Transport.Tests.Metrics;

/// <summary>The transport's own meter. Kestrel's own transport has none.</summary>
public class MeterTests
{
    private const string Reason = "it has no meter";

    [Theory, Transports(Variants = true, NotOnSockets = Reason)]
    public async Task Connections_accepts_and_bytes_are_counted(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartRawAsync(transport, connection => connection.EchoAsync());
        using MeterReader meter = new MeterReader(server.Application.Services);
        List<RawClient> clients = new List<RawClient>();
        for (int i = 0; i < 5; i++)
        {
            clients.Add(await server.ConnectAsync());
            await clients[i].SendAsync("12345678");
            Assert.Equal("12345678", await clients[i].ReceiveTextAsync(8));
        }
        Assert.Equal(5, meter.Sum("transport.connections"));
        Assert.Equal(5, meter.Sum("transport.accepts"));
        Assert.Equal(0, meter.Sum("transport.accept_errors"));
        Assert.Equal(40, meter.Sum("transport.bytes_received"));
        await meter.ReachesAsync("transport.bytes_sent", 40);
        Assert.True(meter.Sum("transport.waits") > 0);
        foreach (RawClient client in clients)
        {
            client.Dispose();
        }

        await meter.ReachesAsync("transport.connections", 0);
        Assert.Equal(5, meter.Sum("transport.accepts"));
    }

    [Theory, Transports(NotOnSockets = Reason)]
    public async Task Every_measurement_says_which_transport_and_which_loop(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.HelloAsync, new TransportSettings { LoopCount = 3 });
        using MeterReader meter = new MeterReader(server.Application.Services);
        foreach (string? instrument in new[]
        {
            "transport.connections", "transport.accepts", "transport.accept_errors", "transport.bytes_received", "transport.bytes_sent",
                "transport.waits",
            "transport.events", "transport.wake_ups", "transport.spurious_reports", "transport.paused_connections",
                "transport.accept_pauses", "transport.workers", "transport.take_overs", "transport.spins", "transport.spin_hits",
        })
        {
            IReadOnlyList<(long Value, Dictionary<string, object?> Tags)> measurements = meter.Read(instrument);
            Assert.Equal([0, 1, 2], measurements.Select(measurement => Convert.ToInt32(measurement.Tags["loop"], null)).Order());
            Assert.All(measurements, measurement => Assert.Equal(transport.Model, measurement.Tags["transport"]));
        }
    }

    /// <summary>The attributes that OpenTelemetry's semantic conventions define for a server's socket.</summary>
    [Theory, Transports(NotOnSockets = Reason)]
    public async Task Measurements_of_listeners_have_the_address_and_the_port(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.HelloAsync);
        using MeterReader meter = new MeterReader(server.Application.Services);
        foreach (string instrument in (string[])["transport.accepts", "transport.accept_errors", "transport.accept_pauses",
            "transport.connections_refused"])
        {
            IReadOnlyList<(long Value, Dictionary<string, object?> Tags)> measurements = meter.Read(instrument);
            Assert.NotEmpty(measurements);
            Assert.All(measurements, measurement =>
            {
                Assert.Equal("127.0.0.1", measurement.Tags["server.address"]);
                Assert.Equal(server.EndPoint.Port, measurement.Tags["server.port"]);
                Assert.Equal("tcp", measurement.Tags["network.transport"]);
            });
        }
    }

    [Theory, Transports(Variants = true, NotOnSockets = Reason)]
    public async Task A_paused_connection_is_counted_while_it_is_paused(TransportUnderTest transport)
    {
        TaskCompletionSource read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using WebServer server = await WebServer.StartRawAsync(transport, async connection =>
        {
            await read.Task;
            await connection.ReadToEndAsync();
        }, new TransportSettings { MaxReadBufferSize = 1000 });
        using MeterReader meter = new MeterReader(server.Application.Services);
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync(new byte[20_000]);
        await meter.ReachesAsync("transport.paused_connections", 1);
        read.SetResult();
        await meter.ReachesAsync("transport.paused_connections", 0);
    }

    [Theory, Transports(NotOnSockets = Reason)]
    public async Task Blocked_handlers_show_as_workers(TransportUnderTest transport)
    {
        using ManualResetEventSlim release = new ManualResetEventSlim();
        int blocked = 0;
        int onThePool = 0;
        await using WebServer server = await WebServer.StartAsync(transport, context =>
        {
            if (Thread.CurrentThread.IsThreadPoolThread)
            {
                Interlocked.Increment(ref onThePool);
            }
            else
            {
                Interlocked.Increment(ref blocked);
                release.Wait(Deadline.Default);
            }
            return TestApp.HelloAsync(context);
        }, new TransportSettings { LoopCount = 1 });
        using MeterReader meter = new MeterReader(server.Application.Services);
        List<RawClient> clients = new List<RawClient>();
        for (int i = 0; i < 4; i++)
        {
            clients.Add(await server.ConnectAsync());
            for (bool answered = true; answered;)
            {
                // Kestrel starts a connection on a thread of the pool, and answers there what has come by then.
                int before = Volatile.Read(ref onThePool);
                await clients[i].SendAsync("GET /block HTTP/1.1\r\nHost: test\r\n\r\n");
                await Deadline.Until(() => Volatile.Read(ref blocked) > i
                    || Volatile.Read(ref onThePool) > before, () => $"request {i} was taken by nobody");
                answered = Volatile.Read(ref blocked) <= i;
                if (answered)
                {
                    Assert.Equal(200, (await new HttpReplyReader(clients[i]).ReadAsync()).Status);
                }
            }
        }
        await Deadline.Until(() => meter.Sum("transport.workers") >= 4,
            () => $"{meter.Sum("transport.workers")} workers for 4 handlers that block");
        release.Set();
        foreach (RawClient client in clients)
        {
            Assert.Equal(200, (await new HttpReplyReader(client).ReadAsync()).Status);
            client.Dispose();
        }
    }
}
