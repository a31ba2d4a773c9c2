using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Transport.Core.Diagnostics;

namespace Transport.Tests.Faults;

/// <summary>io_uring's own calls: refused at the start, interrupted, short of memory, lost.</summary>
public class UringFaultTests
{
    /// <summary>What kernels, container runtimes and sysctls answer. One warning says why, and epoll serves.</summary>
    [Theory]
    [Transports("io_uring_setup", Errno.ENOSYS, Faults = true, Model = "uring")]
    [Transports("io_uring_setup", Errno.EPERM, Faults = true, Model = "uring")]
    [Transports("io_uring_setup", Errno.ENOMEM, Faults = true, Model = "uring")]
    [Transports("io_uring_setup", Errno.EINVAL, Faults = true, Model = "uring")]
    [Transports("io_uring_register", Errno.EINVAL, Faults = true, Model = "uring")]
    [Transports("io_uring_register", Errno.ENOMEM, Faults = true, Model = "uring")]
    [Transports("io_uring_enter", Errno.EPERM, Faults = true, Model = "uring")]
    [Transports("recv", Errno.EINVAL, Faults = true, Model = "uring")]
    [Transports("send", Errno.EINVAL, Faults = true, Model = "uring")]
    [Transports("sendmsg", Errno.EOPNOTSUPP, Faults = true, Model = "uring")]
    public async Task Epoll_serves_if_io_uring_is_refused(TransportUnderTest transport, string call, Errno error)
    {
        await (await WebServer.StartAsync(transport, TestApp.HelloAsync)).DisposeAsync();
        LeakCheck before = new();
        using (Fault fault = FaultShim.Fail([call], error, count: -1))
        {
            WebServer? server = null;
            try
            {
                Task<WebServer> starting = WebServer.StartAsync(transport, TestApp.HelloAsync, new TransportSettings { LoopCount = 2 });
                server = await starting.WithinDeadline();
                Assert.True(fault.Fired > 0, $"{call} was not called.");
            }
            finally
            {
                fault.Dispose();
            }

            using RawClient client = await server.ConnectAsync();
            Assert.Equal(200, (await client.GetAsync("/")).Status);
            LogEntry warning = await server.Logs.WaitForAsync(transport.LogCategory, 140);
            Assert.Equal(LogLevel.Warning, warning.Level);
            Assert.Contains($"errno {(int)error}", warning.Message, StringComparison.Ordinal);
            Assert.EndsWith("Using epoll instead.", warning.Message, StringComparison.Ordinal);
            Assert.Single(server.Logs.Entries, entry => entry.Id.Id == 140);
            LogEntry listening = await server.Logs.WaitForAsync(TransportLog.StartCategory, 112);
            Assert.Contains("epoll, 2 event loops", listening.Message, StringComparison.Ordinal);
            await server.DisposeAsync();
        }

        await before.NothingLeakedAsync();
    }

    /// <summary>The flags of newer kernels are refused: the ring is made with those of older ones.</summary>
    [Theory]
    [Transports(1, Faults = true, Model = "uring")]
    [Transports(2, Faults = true, Model = "uring")]
    public async Task Older_kernels_get_the_flags_that_they_support(TransportUnderTest transport, int refused)
    {
        Uring.Rings.RingSize size = Uring.Rings.RingSize.Of(new Uring.UringTransportOptions());
        using (FaultShim.Fail(["io_uring_setup"], Errno.EINVAL, count: refused))
        {
            Assert.Null(Uring.UringProbe.Run(size));
        }

        // Each ring of the server: the probe's, and those of its loops.
        for (int ring = 0; ring < 2; ring++)
        {
            using Fault fault = FaultShim.Fail(["io_uring_setup"], Errno.EINVAL, skip: ring, count: refused);
            await using WebServer server =
                await WebServer.StartAsync(transport, TestApp.RouteAsync, new TransportSettings { LoopCount = 1 });
            using HttpClient http = server.CreateClient();
            byte[] bytes = TestApp.PatternBytes(1_000_000);
            for (int i = 0; i < 5; i++)
            {
                using HttpResponseMessage echoed = await http.PostAsync(new Uri("/echo", UriKind.Relative), new ByteArrayContent(bytes));
                Assert.Equal(bytes, await echoed.Content.ReadAsByteArrayAsync());
            }

            Assert.Equal(refused, fault.Fired);
            Assert.DoesNotContain(server.Logs.Entries, entry => entry.Id.Id == 140);
        }
    }

    /// <summary>The second of two loops finds no memory: the first must be taken down again.</summary>
    [Theory, Transports(Faults = true, Model = "uring")]
    public async Task A_loop_that_cannot_be_created_fails_the_start_with_its_name(TransportUnderTest transport)
    {
        await (await WebServer.StartAsync(transport, TestApp.HelloAsync)).DisposeAsync();
        LeakCheck before = new();
        using (FaultShim.Fail(["io_uring_setup"], Errno.ENOMEM, skip: 2))
        {
            Exception exception = await Assert.ThrowsAnyAsync<Exception>(
                () => WebServer.StartAsync(transport, TestApp.HelloAsync, new TransportSettings { LoopCount = 2 }));
            Assert.Contains("io_uring_setup", exception.ToString(), StringComparison.Ordinal);
        }

        await before.NothingLeakedAsync();
    }

    /// <summary>A signal, memory that is short for a moment, a completion queue that is full: the call is made again.</summary>
    [Theory]
    [Transports(Errno.EINTR, Faults = true, Variants = true, Model = "uring")]
    [Transports(Errno.EAGAIN, Faults = true, Model = "uring")]
    [Transports(Errno.ENOMEM, Faults = true, Model = "uring")]
    [Transports(Errno.EBUSY, Faults = true, Model = "uring")]
    public async Task A_wait_that_fails_temporarily_is_repeated(TransportUnderTest transport, Errno error)
    {
        await using FaultWorld world = await FaultWorld.StartAsync(transport);
        using Fault fault = FaultShim.Fail(["io_uring_enter"], error, count: 50);
        for (int i = 0; i < 30; i++)
        {
            await world.EverybodyIsAnsweredAsync();
        }

        await fault.FiredAsync(50);
    }

    /// <summary>Once: what is in flight is cancelled and reaped. For good: nothing more is heard of it; the host stops.</summary>
    [Theory]
    [Transports(1, Faults = true, Variants = true, Model = "uring")]
    [Transports(-1, Faults = true, Variants = true, Model = "uring")]
    public async Task A_ring_that_fails_stops_the_host_with_the_reason(TransportUnderTest transport, int times)
    {
        await (await WebServer.StartAsync(transport, TestApp.HelloAsync)).DisposeAsync();
        LeakCheck before = new();
        CountingPoolFactory pools = new();
        await using (WebServer server = await WebServer.StartAsync(
            transport, TestApp.RouteAsync, new TransportSettings { LoopCount = 1 }, pools: pools))
        {
            using RawClient idle = await server.ConnectAsync();
            Assert.Equal(200, (await idle.GetAsync("/")).Status);
            using RawClient stalled = await server.ConnectAsync(receiveBuffer: 4096);
            await stalled.SendAsync("GET /bytes/50000000 HTTP/1.1\r\nHost: test\r\n\r\n");
            await stalled.ReceiveTextAsync(12);
            TaskCompletionSource stopping = new(TaskCreationOptions.RunContinuationsAsynchronously);
            server.Application.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.SetResult);
            using (Fault fault = FaultShim.Fail(["io_uring_enter"], Errno.EBADF, count: times))
            {
                await idle.SendAsync("GET / HTTP/1.1\r\n");
                await fault.FiredAsync();
                await stopping.Task.WithinDeadline("the host to stop");
                LogEntry entry = await server.Logs.WaitForAsync(
                    log => log.Category == transport.LogCategory && log.Level == LogLevel.Critical, "why the loop failed");
                Assert.Contains("io_uring_enter", entry.Exception!.ToString(), StringComparison.Ordinal);
                await idle.DrainAsync();
                await stalled.DrainAsync();
                await server.StopAsync();
            }
        }

        await pools.AllReturnedAsync();
        await before.NothingLeakedAsync();
    }
}
