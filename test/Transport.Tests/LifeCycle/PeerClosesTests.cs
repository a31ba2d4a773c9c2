using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;

namespace Transport.Tests.LifeCycle;

/// <summary>What the server sees when the client ends the connection.</summary>
public class PeerClosesTests
{
    [Theory, Transports(Variants = true)]
    public async Task Fin_ends_the_input_after_what_came_before_it(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        await pair.Client.SendAsync("last words");
        pair.Client.ShutdownSend();
        Assert.Equal("last words", await pair.Server.ReadToEndAsync());
    }

    [Theory, Transports(Variants = true)]
    public async Task Output_stays_writable_after_the_peers_fin(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        pair.Client.ShutdownSend();
        Assert.Equal("", await pair.Server.ReadToEndAsync());
        await pair.Server.ConnectionClosed.Fired();
        await pair.Server.WriteAsync("still");
        await pair.Server.WriteAsync(" here");
        Assert.Equal("still here", await pair.Client.ReceiveTextAsync(10));
        await pair.Server.DisposeAsync();
        Assert.Empty(await pair.Client.ReceiveToEndAsync());
    }

    [Theory, Transports]
    public async Task ConnectionClosed_fires_at_fin_though_nobody_has_read(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        await pair.Client.SendAsync("unread");
        pair.Client.ShutdownSend();
        await pair.Server.ConnectionClosed.Fired();
        Assert.Equal("unread", await pair.Server.ReadToEndAsync());
    }

    [Theory, Transports(Variants = true)]
    public async Task Reset_is_thrown_by_every_read_even_over_unread_bytes(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        await pair.Client.SendAsync("unread");
        ReadResult read = await pair.Server.Transport.Input.ReadAsync(Deadline.Token);
        pair.Server.Transport.Input.AdvanceTo(read.Buffer.Start, read.Buffer.Start);
        pair.Client.Reset();
        await pair.Server.ConnectionClosed.Fired();
        for (int i = 0; i < 2; i++)
        {
            ConnectionResetException exception = await Assert.ThrowsAsync<ConnectionResetException>(
                async () => await pair.Server.Transport.Input.ReadAsync(Deadline.Token));
            Assert.IsType<System.Net.Sockets.SocketException>(exception.InnerException);
        }
    }

    [Theory, Transports]
    public async Task Reset_wakes_a_pending_read(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        Task<ReadResult> read = pair.Server.Transport.Input.ReadAsync(Deadline.Token).AsTask();
        pair.Client.Reset();
        await Assert.ThrowsAsync<ConnectionResetException>(() => read);
    }

    [Theory, Transports]
    public async Task Writing_after_a_reset_throws_nothing_and_ends_as_completed(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        pair.Client.Reset();
        await pair.Server.ConnectionClosed.Fired();
        bool completed = false;
        // The send loop meets the reset when it gets to it: until then a flush is merely taken.
        for (CancellationToken token = Deadline.Token; !completed && !token.IsCancellationRequested; await Task.Yield())
        {
            completed = (await pair.Server.Transport.Output.WriteAsync("lost"u8.ToArray(), Deadline.Token)).IsCompleted;
        }

        Assert.True(completed);
    }

    [Theory, Transports]
    public async Task Bytes_and_fin_that_arrive_before_the_accept_are_not_lost(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        byte[] bytes = new byte[20_000];
        new Random(7).NextBytes(bytes);
        using RawClient client = await RawClient.ConnectAsync(listener.EndPoint);
        await client.SendAsync(bytes);
        client.ShutdownSend();
        await using ConnectionContext server = await listener.AcceptAsync();
        Assert.Equal(Encoding.Latin1.GetString(bytes), await server.ReadToEndAsync());
    }

    [Theory, Transports]
    public async Task A_client_that_resets_at_once_does_not_affect_others(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.HelloAsync);
        for (int i = 0; i < 50; i++)
        {
            (await server.ConnectAsync()).Reset();
        }

        using RawClient client = await server.ConnectAsync();
        Assert.Equal("Hello, World!", (await client.GetAsync("/")).Text);
    }
}
