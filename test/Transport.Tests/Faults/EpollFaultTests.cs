using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Transport.Tests.Faults;

/// <summary>epoll's own calls.</summary>
public class EpollFaultTests
{
    [Theory]
    [Transports("epoll_create1", Errno.EMFILE, Faults = true, Model = "epoll")]
    [Transports("epoll_create1", Errno.ENFILE, Faults = true, Model = "epoll")]
    [Transports("epoll_create1", Errno.ENOMEM, Faults = true, Model = "epoll")]
    [Transports("eventfd", Errno.EMFILE, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports("eventfd", Errno.ENFILE, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports("eventfd", Errno.ENODEV, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports("eventfd", Errno.ENOMEM, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    public async Task A_loop_that_cannot_be_created_fails_the_start_with_its_name(TransportUnderTest transport, string call, Errno error)
    {
        await (await WebServer.StartAsync(transport, TestApp.HelloAsync)).DisposeAsync();
        LeakCheck before = new LeakCheck();
        // The second of two loops: the first must be taken down again.
        using (FaultShim.Fail([call], error, skip: 1))
        {
            Exception exception = await Assert.ThrowsAnyAsync<Exception>(
                () => WebServer.StartAsync(transport, TestApp.HelloAsync, new TransportSettings { LoopCount = 2 }));
            Assert.Contains(call, exception.ToString(), StringComparison.Ordinal);
        }
        await before.NothingLeakedAsync();
    }

    [Theory, Transports(Faults = true, Variants = true, Model = "epoll")]
    public async Task An_interrupted_wait_is_repeated(TransportUnderTest transport)
    {
        await using FaultWorld world = await FaultWorld.StartAsync(transport);
        using Fault fault = FaultShim.Fail(FaultShim.Waits, Errno.EINTR, count: 50);
        for (int i = 0; i < 30; i++)
        {
            await world.EverybodyIsAnsweredAsync();
        }

        await fault.FiredAsync(50);
    }

    /// <summary>No limping on, and no FailFast: the host stops, and says why.</summary>
    [Theory]
    [Transports(Errno.EBADF, Faults = true, Variants = true, Model = "epoll")]
    [Transports(Errno.EINVAL, Faults = true, Model = "epoll")]
    public async Task A_loop_that_fails_stops_the_host_with_the_reason(TransportUnderTest transport, Errno error)
    {
        await (await WebServer.StartAsync(transport, TestApp.HelloAsync)).DisposeAsync();
        LeakCheck before = new LeakCheck();
        CountingPoolFactory pools = new CountingPoolFactory();
        await using (WebServer server = await WebServer.StartAsync(transport, TestApp.HelloAsync, new TransportSettings { LoopCount = 1 },
            pools: pools))
        {
            using RawClient idle = await server.ConnectAsync();
            Assert.Equal(200, (await idle.GetAsync("/")).Status);
            TaskCompletionSource stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            server.Application.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.SetResult);
            using (Fault fault = FaultShim.Fail(FaultShim.Waits, error))
            {
                await idle.SendAsync("GET / HTTP/1.1\r\n");
                await fault.FiredAsync();
                await stopping.Task.WithinDeadline("the host to stop");
            }
            LogEntry entry = await server.Logs.WaitForAsync(log => log.Category == transport.LogCategory
                && log.Level == LogLevel.Critical, "why the loop failed");
            Assert.Contains("epoll", entry.Exception!.ToString(), StringComparison.Ordinal);
            await idle.DrainAsync();
            await server.StopAsync();
        }
        await pools.AllReturnedAsync();
        await before.NothingLeakedAsync();
    }

    /// <summary>/proc/sys/fs/epoll/max_user_watches (ENOSPC), and memory.</summary>
    [Theory]
    [Transports(Errno.ENOSPC, Faults = true, Variants = true, Model = "epoll")]
    [Transports(Errno.ENOMEM, Faults = true, Variants = true, Model = "epoll")]
    public async Task A_connection_that_cannot_be_registered_is_ended(TransportUnderTest transport, Errno error)
    {
        await using FaultWorld world = await FaultWorld.StartAsync(transport);
        using Fault fault = FaultShim.Fail(["epoll_ctl"], error, Role.Connected);
        // Ended, or, where the kernel is asked again, served late: but not left hanging.
        await DoomedClient.RunAsync(() => world.Server.ConnectAsync());
        await fault.FiredAsync();
        await world.EverybodyIsAnsweredAsync();
    }

    [Theory]
    [Transports(Errno.ENOSPC, Faults = true, Model = "epoll")]
    [Transports(Errno.ENOMEM, Faults = true, Variants = true, Model = "epoll")]
    public async Task A_listener_that_cannot_be_registered_fails_the_start_or_is_retried(TransportUnderTest transport, Errno error)
    {
        await (await WebServer.StartAsync(transport, TestApp.HelloAsync)).DisposeAsync();
        LeakCheck before = new LeakCheck();
        using (Fault fault = FaultShim.Fail(["epoll_ctl"], error, Role.Listening))
        {
            try
            {
                await using WebServer server =
                    await WebServer.StartAsync(transport, TestApp.HelloAsync, new TransportSettings { LoopCount = 1 });
                using RawClient client = await server.ConnectAsync();
                Assert.Equal(200, (await client.GetAsync("/")).Status);
            }
            catch (IOException exception)
            {
                Assert.Contains("epoll", exception.ToString(), StringComparison.Ordinal);
            }
            await fault.FiredAsync();
        }
        await before.NothingLeakedAsync();
    }

    /// <summary>Loops that merge all the time register each other among their connections, whose slots are reused meanwhile.</summary>
    [Fact]
    public async Task A_loop_that_another_cannot_wait_for_takes_no_connection_with_it()
    {
        await using FaultWorld world = await FaultWorld.StartAsync(TransportCatalogue.Get("epoll/merging"), loops: 4);
        List<RawClient> clients = [];
        try
        {
            using Fault fault = FaultShim.Fail(["epoll_ctl"], Errno.ENOSPC, Role.NoSocket, count: 500);
            for (int round = 0; round < 40; round++)
            {
                clients.Add(await world.Server.ConnectAsync());
                clients.Add(await world.Server.ConnectAsync());
                await Task.WhenAll(clients.Select(FaultWorld.EchoAsync));
                clients[round / 2].Dispose();
                clients.RemoveAt(round / 2);
            }

            await fault.FiredAsync();
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }

        await world.EverybodyIsAnsweredAsync();
    }

    /// <summary>Level and oneshot change the mask as they go; a change that is refused must not be forgotten.</summary>
    [Theory, Transports(Faults = true, Variants = true, Model = "epoll")]
    public async Task A_registration_that_cannot_be_changed_is_changed_later(TransportUnderTest transport)
    {
        await using FaultWorld world = await FaultWorld.StartAsync(transport);
        using RawClient victim = await world.Server.ConnectAsync(receiveBuffer: 4096);
        await FaultWorld.EchoAsync(victim);
        using Fault fault = FaultShim.Fail(["epoll_ctl"], Errno.ENOMEM, Role.Connected, victim.LocalPort, count: 5);
        byte[] bytes = TestApp.PatternBytes(3_000_000);
        Task sending = victim.SendAsync(bytes);
        Assert.Equal(bytes, await victim.ReceiveExactlyAsync(bytes.Length));
        await sending;
        await FaultWorld.EchoAsync(victim);
    }
}
