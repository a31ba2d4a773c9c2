using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Transport.Tests.Shutdown;

/// <summary>
/// Stopping: what is under way is finished, what is idle is ended, what will not end is aborted, and nothing stays behind.
/// </summary>
public class ShutdownTests
{
    [Theory, Transports(Variants = true)]
    public async Task A_request_in_flight_is_answered_before_the_end(TransportUnderTest transport)
    {
        TaskCompletionSource entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource leave = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using WebServer server = await WebServer.StartAsync(transport, async context =>
        {
            entered.SetResult();
            await leave.Task;
            await context.Response.WriteAsync("finished");
        });
        using RawClient client = await server.ConnectAsync();
        Task<HttpReply> get = client.GetAsync("/");
        await entered.Task.WithinDeadline();
        Task stop = server.StopAsync();
        // Nobody new while it waits.
        await Deadline.Until(() => !CanConnect(server), () => "the port still takes connections");
        Assert.False(stop.IsCompleted);
        leave.SetResult();
        Assert.Equal("finished", (await get).Text);
        await stop;
    }

    [Theory, Transports(Variants = true)]
    public async Task Idle_connections_are_ended(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.HelloAsync);
        List<RawClient> clients = new List<RawClient>();
        for (int i = 0; i < 20; i++)
        {
            clients.Add(await server.ConnectAsync());
            if (i % 2 == 0)
            {
                await clients[i].GetAsync("/");
            }
        }
        await server.StopAsync();
        foreach (RawClient client in clients)
        {
            await client.DrainAsync();
            client.Dispose();
        }
    }

    [Theory, Transports]
    public async Task A_response_that_does_not_end_is_aborted_at_the_timeout(TransportUnderTest transport)
    {
        TaskCompletionSource entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using WebServer server = await WebServer.StartAsync(transport, async context =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
        await entered.Task.WithinDeadline();
        using CancellationTokenSource now = new CancellationTokenSource();
        await now.CancelAsync();
        await server.Application.StopAsync(now.Token).WithinDeadline();
        await client.DrainAsync();
    }

    [Theory, Transports]
    public async Task A_client_that_does_not_read_does_not_delay_the_end(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.RouteAsync);
        using RawClient client = await server.ConnectAsync(receiveBuffer: 4096);
        await client.SendAsync("GET /bytes/50000000 HTTP/1.1\r\nHost: test\r\n\r\n");
        await client.ReceiveExactlyAsync(10);
        using CancellationTokenSource now = new CancellationTokenSource();
        await now.CancelAsync();
        await server.Application.StopAsync(now.Token).WithinDeadline();
        await client.DrainAsync();
    }

    [Theory, Transports(Variants = true)]
    public async Task Repeated_starts_and_stops_leak_nothing(TransportUnderTest transport)
    {
        await OnceAsync();
        LeakCheck before = new LeakCheck();
        for (int i = 0; i < 5; i++)
        {
            await OnceAsync();
        }

        await before.NothingLeakedAsync();

        async Task OnceAsync()
        {
            CountingPoolFactory pools = new CountingPoolFactory();
            await using (WebServer server = await WebServer.StartAsync(transport, TestApp.HelloAsync, pools: pools))
            {
                using RawClient client = await server.ConnectAsync();
                Assert.Equal(200, (await client.GetAsync("/")).Status);
            }
            await pools.AllReturnedAsync();
            await Deadline.Until(() => pools.Pools.All(pool => pool.Disposed), () => "a pool was not disposed of");
        }
    }

    /// <summary>Kestrel's synchronous Dispose waits for the asynchronous one on the calling thread.</summary>
    [Theory, Transports]
    public async Task A_synchronous_dispose_returns(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.HelloAsync);
        using RawClient client = await server.ConnectAsync();
        await client.GetAsync("/");
        await Task.Run(() => ((IDisposable)server.Application).Dispose()).WithinDeadline();
        await client.DrainAsync();
    }

    [Theory, Transports]
    public async Task A_server_built_and_never_started_can_be_disposed(TransportUnderTest transport)
    {
        LeakCheck before = new LeakCheck();
        for (int i = 0; i < 3; i++)
        {
            await using WebApplication services = BareListener.Services(transport);
            Assert.NotEmpty(services.Services.GetServices<Microsoft.AspNetCore.Connections.IConnectionListenerFactory>());
        }
        await before.NothingLeakedAsync();
    }

    [Theory, Transports]
    public async Task Stopping_under_load_leaks_no_thread_and_no_descriptor(TransportUnderTest transport)
    {
        await RunAsync();
        LeakCheck before = new LeakCheck();
        for (int i = 0; i < 3; i++)
        {
            await RunAsync();
        }

        await before.NothingLeakedAsync();

        async Task RunAsync()
        {
            CountingPoolFactory pools = new CountingPoolFactory();
            await using (WebServer server = await WebServer.StartAsync(transport, TestApp.RouteAsync, pools: pools))
            {
                int served = 0;
                Task[] load = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
                {
                    try
                    {
                        while (true)
                        {
                            using RawClient client = await server.ConnectAsync();
                            while (true)
                            {
                                if ((await client.GetAsync("/bytes/5000")).Status == 200)
                                {
                                    Interlocked.Increment(ref served);
                                }
                            }
                        }
                    }
                    catch (Exception exception)
                        when (exception is IOException or System.Net.Sockets.SocketException or InvalidDataException)
                    {
                        // the end of the server is the end of the client
                    }
                })).ToArray();
                await Deadline.Until(() => Volatile.Read(ref served) > 200, () => "the load does not start");
                await server.StopAsync();
                await Task.WhenAll(load).WithinDeadline();
            }
            await pools.AllReturnedAsync();
        }
    }

    private static bool CanConnect(WebServer server)
    {
        using System.Net.Sockets.Socket socket =
            new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        try
        {
            socket.Connect(server.EndPoint);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
