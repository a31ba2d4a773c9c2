using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Transport.Tests.Models;

/// <summary>A thread a connection: how many there may be, and that they end.</summary>
public class BlockingTests
{
    private static readonly TransportUnderTest Blocking = TransportCatalogue.Get("blocking");

    /// <summary>
    /// Two connections take all four threads. The third is not refused: it waits in the backlog, and is served when one ends.
    /// </summary>
    [Fact]
    public async Task Clients_beyond_the_limit_wait_until_a_connection_ends()
    {
        await using WebServer server = await WebServer.StartAsync(Limited(4), TestApp.HelloAsync);
        RawClient first = await server.ConnectAsync();
        using RawClient second = await server.ConnectAsync();
        await AskAsync(first);
        await AskAsync(second);
        using RawClient third = await server.ConnectAsync();
        await third.SendAsync("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
        Task<int> answer = third.ReceiveAsync(new byte[4096]);
        await server.Logs.WaitForAsync(Blocking.LogCategory, 130);
        await AskAsync(second);
        Assert.False(answer.IsCompleted);
        first.Dispose();
        Assert.True(await answer > 0);
    }

    [Fact]
    public async Task A_server_stops_while_it_waits_for_threads()
    {
        await using WebServer server = await WebServer.StartAsync(Limited(2), TestApp.HelloAsync);
        using RawClient first = await server.ConnectAsync();
        await AskAsync(first);
        using RawClient second = await server.ConnectAsync();
        await server.Logs.WaitForAsync(Blocking.LogCategory, 130);
        await server.StopAsync();
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_thread_blocked_in_a_receive_returns_when_the_connection_is_aborted(bool waitsForData)
    {
        LeakCheck leaks = new();
        await using (BareListener listener = await BareListener.BindAsync(Blocking,
            settings: new() { WaitForDataBeforeAllocatingBuffer = waitsForData }))
        {
            for (int i = 0; i < 20; i++)
            {
                await using BareListener.Pair pair = await listener.ConnectAsync();
                pair.Server.Abort(new ConnectionAbortedException("test"));
                await pair.Client.ExpectResetAsync();
            }
        }

        await leaks.NothingLeakedAsync();
    }

    [Fact]
    public async Task A_thread_blocked_in_a_send_returns_when_the_connection_is_aborted()
    {
        LeakCheck leaks = new();
        await using (BareListener listener = await BareListener.BindAsync(Blocking))
        {
            await using BareListener.Pair pair = await listener.ConnectAsync(receiveBuffer: 4096);
            Task<FlushResult> write = pair.Server.Transport.Output.WriteAsync(new byte[32 << 20]).AsTask();
            await Deadline.Until(() => ThreadNames.Count("send") == 1, () => "no thread sends");
            pair.Server.Abort(new ConnectionAbortedException("test"));
            await pair.Client.ExpectResetAsync();
            await write.WithinDeadline();
        }

        await leaks.NothingLeakedAsync();
    }

    /// <summary>
    /// The sending thread has returned from its call and is late with closing the descriptor: the client reads everything meanwhile.
    /// </summary>
    [Fact]
    public async Task An_abort_is_a_reset_although_the_sending_thread_closes_the_descriptor_late()
    {
        LatePoolFactory pools = new();
        TaskCompletionSource<ConnectionContext> accepted = new();
        await using WebServer server = await WebServer.StartAsync(
            Blocking,
            listen: options => options.Listen(IPAddress.Loopback, 0, endPoint => endPoint.Run(async connection =>
            {
                accepted.SetResult(connection);
                await connection.Transport.Output.WriteAsync(new byte[32 << 20], Deadline.Token);
            })),
            configure: builder => builder.Services.AddSingleton<IMemoryPoolFactory<byte>>(pools));
        using LatePoolFactory release = pools; // before the server stops
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint, receiveBuffer: 16 * 1024);
        ConnectionContext connection = await accepted.Task.WithinDeadline();
        await Deadline.Until(() => pools.IsSending, () => "no thread sends");
        connection.Abort(new ConnectionAbortedException("test"));
        await client.ExpectResetAsync();
        await Deadline.Until(() => pools.IsHeld, () => "The thread has not returned from its call.");
    }

    /// <summary>What fits in the socket's buffer needs no second thread.</summary>
    [Fact]
    public async Task A_small_response_is_sent_without_a_thread()
    {
        await using WebServer server = await WebServer.StartAsync(Blocking, TestApp.HelloAsync);
        using RawClient client = await server.ConnectAsync();
        await AskAsync(client);
        Assert.Equal((1, 0), (ThreadNames.Count("recv"), ThreadNames.Count("send")));
    }

    private static TransportUnderTest Limited(int maxThreads) => new("blocking", (web, settings) =>
    {
        Blocking.Apply(web, settings);
        web.UseBlockingTransport(options => (options.MaxThreads, options.LoopCount) = (maxThreads, 1));
    });

    private static async Task AskAsync(RawClient client)
    {
        await client.SendAsync("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
        Assert.True(await client.ReceiveAsync(new byte[4096]) > 0);
    }
}
