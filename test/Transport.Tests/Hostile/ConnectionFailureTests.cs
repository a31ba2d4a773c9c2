using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Transport.Tests.Faults;
using Transport.Tests.Metrics;

namespace Transport.Tests.Hostile;

/// <summary>An exception of the application's code on a transport's thread ends the connection it belongs to, and nothing else.</summary>
[Trait("Category", "Hostile")]
public class ConnectionFailureTests
{
    private const string NotOnSockets = "it logs its own events";
    private const int UnexpectedError = 0;
    private const int ConnectionNotStarted = 106;
    private const int CallbackFailed = 107;
    private const int PoolDisposeFailed = 109;

    [Theory]
    [Transports(PoolFault.RentThrows, Variants = true, NotOnSockets = NotOnSockets)]
    [Transports(PoolFault.BlockIsEmpty, Variants = true, NotOnSockets = NotOnSockets)]
    [Transports(PoolFault.SpanThrows, Variants = true, NotOnSockets = NotOnSockets)]
    public async Task A_pool_that_fails_in_a_receive_ends_only_that_connection(TransportUnderTest transport, PoolFault fault)
    {
        Assert.SkipWhen(transport.Model == "busy" || transport.Name == "uring/intopipe",
            "It rents for every connection before there is data: which one meets the fault is not known.");
        HostilePoolFactory pools = new();
        await using WebServer server = await StartAsync(transport, pools, connection => connection.EchoAsync());
        using RawClient witness = await server.ConnectAsync();
        await FaultWorld.EchoAsync(witness);
        using RawClient victim = await server.ConnectAsync();
        using MeterReader meter = new(server.Application.Services);
        await meter.ReachesAsync("transport.connections", 2);
        pools.Fail(fault);
        await victim.SendAsync("x");
        await victim.ExpectResetAsync();
        Assert.Equal(0, pools.Left);
        await EverybodyElseIsServedAsync(server, witness, meter);
        Assert.Single(Logged(server, UnexpectedError));
    }

    /// <summary>Blocks that fail only when a send uses them: several in one sendmsg(2) are pinned.</summary>
    [Theory, Transports(Variants = true, NotOnSockets = NotOnSockets)]
    public async Task A_pool_that_fails_in_a_send_ends_only_that_connection(TransportUnderTest transport)
    {
        HostilePoolFactory pools = new();
        await using WebServer server = await StartAsync(transport, pools, async connection =>
        {
            string request = await connection.ReadTextAsync(1);
            if (request == "f")
            {
                pools.Fail(PoolFault.PinThrows, count: 10);
            }

            await connection.Transport.Output.WriteAsync(TestApp.PatternBytes(20_000), Deadline.Token);
            pools.Fail(PoolFault.None, count: 0);
            await connection.ReadToEndAsync();
        });
        using RawClient witness = await server.ConnectAsync();
        using MeterReader meter = new(server.Application.Services);
        using (RawClient victim = await server.ConnectAsync())
        {
            await victim.SendAsync("f");
            await victim.ExpectResetAsync();
        }

        pools.Fail(PoolFault.None, count: 0);
        await witness.SendAsync("w");
        Assert.Equal(TestApp.PatternBytes(20_000), await witness.ReceiveExactlyAsync(20_000));
        await meter.ReachesAsync("transport.connections", 1);
        Assert.Single(Logged(server, UnexpectedError));
    }

    /// <summary>
    /// Wherever the block is returned, in the handler or in the send loop, the connection ends and its slot on the loop is free.
    /// </summary>
    [Theory, Transports(Variants = true, NotOnSockets = NotOnSockets)]
    public async Task A_block_that_cannot_be_returned_ends_only_that_connection(TransportUnderTest transport)
    {
        HostilePoolFactory pools = new();
        await using WebServer server = await StartAsync(transport, pools, connection => connection.EchoAsync());
        using RawClient witness = await server.ConnectAsync();
        await FaultWorld.EchoAsync(witness);
        using MeterReader meter = new(server.Application.Services);
        for (int i = 0; i < 10; i++)
        {
            using RawClient victim = await server.ConnectAsync();
            pools.Fail(PoolFault.ReturnThrows, count: 1 + (i % 3));
            await victim.SendAsync("are you there?");
            victim.ShutdownSend();
            await victim.DrainAsync();
            pools.Fail(PoolFault.None, count: 0);
        }

        await EverybodyElseIsServedAsync(server, witness, meter);
    }

    [Theory, Transports(Variants = true, NotOnSockets = NotOnSockets)]
    public async Task A_pool_that_fails_while_a_connection_is_created_ends_only_that_connection(TransportUnderTest transport)
    {
        HostilePoolFactory pools = new();
        await using WebServer server = await StartAsync(transport, pools, connection => connection.EchoAsync(), loops: 2);
        using RawClient witness = await server.ConnectAsync();
        await FaultWorld.EchoAsync(witness);
        using MeterReader meter = new(server.Application.Services);
        for (int i = 0; i < 4; i++)
        {
            pools.Fail(PoolFault.MaxBufferSizeThrows);
            await DoomedClient.RunAsync(() => server.ConnectAsync());
            pools.Fail(PoolFault.None, count: 0);
        }

        await EverybodyElseIsServedAsync(server, witness, meter);
    }

    [Theory, Transports(Variants = true, NotOnSockets = NotOnSockets)]
    public async Task Blocks_of_one_byte_carry_correct_bytes(TransportUnderTest transport)
    {
        HostilePoolFactory pools = new();
        await using WebServer server = await StartAsync(transport, pools, connection => connection.EchoAsync());
        using RawClient client = await server.ConnectAsync();
        pools.Fail(PoolFault.BlockIsOneByte, count: int.MaxValue);
        for (int i = 0; i < 10; i++)
        {
            await FaultWorld.EchoAsync(client);
        }
    }

    /// <summary>A raw continuation is not a task: nothing but the thread that runs it can catch what it throws.</summary>
    [Theory, Transports(Variants = true, NotOnSockets = NotOnSockets)]
    public async Task A_callback_that_throws_ends_neither_the_loop_nor_the_process(TransportUnderTest transport)
    {
        await using WebServer server = await StartAsync(transport, new HostilePoolFactory(), async connection =>
        {
            if (await connection.ReadTextAsync(1) == "f")
            {
                ValueTask<ReadResult> read = connection.Transport.Input.ReadAsync(CancellationToken.None);
                read.GetAwaiter().UnsafeOnCompleted(() => throw new InvalidOperationException("The callback fails on purpose."));
                await connection.WriteAsync("r");
                await connection.ConnectionClosed.Fired();
                return;
            }

            await connection.EchoAsync();
        });
        using RawClient witness = await server.ConnectAsync();
        await witness.SendAsync("w");
        await FaultWorld.EchoAsync(witness);
        for (int i = 0; i < 3; i++)
        {
            using RawClient victim = await server.ConnectAsync();
            await victim.SendAsync("f");
            Assert.Equal("r", await victim.ReceiveTextAsync(1));
            await victim.SendAsync("x");
            await Deadline.Until(() => Logged(server, CallbackFailed).Length == i + 1, () => server.Logs.ToString());
            await FaultWorld.EchoAsync(witness);
        }

        Assert.False(Stopping(server));
    }

    [Theory, Transports(NotOnSockets = NotOnSockets)]
    public async Task A_pool_whose_disposal_fails_does_not_end_the_process(TransportUnderTest transport)
    {
        HostilePoolFactory pools = new() { DisposeThrows = true };
        WebServer server = await StartAsync(transport, pools, connection => connection.EchoAsync(), loops: 2);
        using (RawClient client = await server.ConnectAsync())
        {
            await FaultWorld.EchoAsync(client);
        }

        await server.StopAsync();
        await Deadline.Until(() => Logged(server, PoolDisposeFailed).Length == 2, () => server.Logs.ToString());
        await server.DisposeAsync();
    }

    /// <summary>
    /// max_user_watches of epoll(7), memory: the kernel refuses to watch one descriptor, on a loop that another accepts for.
    /// </summary>
    [Theory]
    [InlineData("epoll/roundrobin", Errno.ENOSPC), InlineData("epoll/roundrobin", Errno.ENOMEM), InlineData("epoll", Errno.ENOSPC)]
    public async Task A_connection_that_the_kernel_does_not_register_is_reset_and_logged_once(string name, Errno error)
    {
        Assert.SkipUnless(FaultShim.Unavailable is null, FaultShim.Unavailable ?? "");
        TransportUnderTest transport = TransportCatalogue.Get(name);
        await using WebServer server =
            await StartAsync(transport, new HostilePoolFactory(), connection => connection.EchoAsync(), loops: 2);
        using RawClient witness = await server.ConnectAsync();
        await FaultWorld.EchoAsync(witness);
        using MeterReader meter = new(server.Application.Services);
        for (int i = 0; i < 4; i++)
        {
            using Fault fault = FaultShim.Fail(["epoll_ctl"], error, Role.Connected);
            try
            {
                using RawClient victim = await server.ConnectAsync();
                await fault.FiredAsync();
                await victim.ExpectResetAsync();
            }
            catch (System.Net.Sockets.SocketException exception)
            {
                // The reset was quicker than the client's look at its connect.
                Assert.Equal(System.Net.Sockets.SocketError.ConnectionReset, exception.SocketErrorCode);
            }
        }

        await EverybodyElseIsServedAsync(server, witness, meter);
        Assert.Equal(4, Logged(server, ConnectionNotStarted).Length);
    }

    private static async Task EverybodyElseIsServedAsync(WebServer server, RawClient witness, MeterReader meter)
    {
        await FaultWorld.EchoAsync(witness);
        await meter.ReachesAsync("transport.connections", 1);
        for (int i = 0; i < 4; i++)
        {
            using RawClient client = await server.ConnectAsync();
            await FaultWorld.EchoAsync(client);
        }

        Assert.False(Stopping(server));
    }

    private static bool Stopping(WebServer server) =>
        server.Application.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested;

    private static LogEntry[] Logged(WebServer server, int id) =>
        [.. server.Logs.Entries.Where(entry => entry.Category == server.Transport.LogCategory && entry.Id.Id == id
            && entry.Level == LogLevel.Error)];

    private static Task<WebServer> StartAsync(TransportUnderTest transport, HostilePoolFactory pools, Func<ConnectionContext, Task> handler,
        int loops = 1) =>
        WebServer.StartAsync(
            transport,
            settings: new TransportSettings { LoopCount = loops },
            listen: options => options.Listen(IPAddress.Loopback, 0, endPoint => endPoint.Run(handler)),
            configure: builder => builder.Services.AddSingleton<IMemoryPoolFactory<byte>>(pools));
}
