using System.Net.Sockets;

namespace Transport.Tests.Hostile;

/// <summary>Unbinding ends when its token says so, although a handler blocks a loop's thread.</summary>
[Trait("Category", "Hostile")]
public class UnbindTests
{
    private const string NotOnSockets = "its handlers never run on an event loop";

    [Theory, Transports(NotOnSockets = NotOnSockets)]
    public async Task A_handler_that_blocks_its_loop_does_not_delay_the_shutdown(TransportUnderTest transport)
    {
        using ManualResetEventSlim leave = new();
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        WebServer server = await WebServer.StartAsync(
            transport,
            context =>
            {
                entered.TrySetResult();
                leave.Wait();
                return Task.CompletedTask;
            },
            new TransportSettings { LoopCount = 1, UnsafePreferInlineScheduling = true });
        try
        {
            using RawClient blocking = await server.ConnectAsync();
            await blocking.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            await entered.Task.WithinDeadline();
            using RawClient waiting = await server.ConnectAsync();
            using CancellationTokenSource patience = new(TimeSpan.FromMilliseconds(100));
            await server.Application.StopAsync(patience.Token).WithinDeadline("the host to stop");
            await Assert.ThrowsAnyAsync<SocketException>(() => server.ConnectAsync());
            if (transport.Model != "blocking")
            {
                // There the accepting thread has taken it, and the blocked loop has it.
                await waiting.DrainAsync();
            }
        }
        finally
        {
            leave.Set();
            await server.DisposeAsync();
        }
    }

    /// <summary>One loop accepts; the other, which connections are handed over to, is blocked.</summary>
    [Fact]
    public async Task A_client_that_is_queued_to_a_blocked_loop_is_reset()
    {
        using ManualResetEventSlim leave = new();
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using BareListener listener = await BareListener.BindAsync(
            TransportCatalogue.Get("epoll/roundrobin"),
            settings: new TransportSettings { LoopCount = 2, UnsafePreferInlineScheduling = true });
        await using BareListener.Pair first = await listener.ConnectAsync();
        await using BareListener.Pair second = await listener.ConnectAsync();
        try
        {
            // The continuation of a read runs on the connection's loop.
            _ = BlockAsync(second.Server, entered, leave);
            await second.Client.SendAsync("x");
            await entered.Task.WithinDeadline();
            await using BareListener.Pair third = await listener.ConnectAsync();
            using RawClient fourth = await RawClient.ConnectAsync(listener.EndPoint);
            await using BareListener.Pair fifth = await listener.ConnectAsync();
            using CancellationTokenSource now = new();
            await now.CancelAsync();
            await listener.Listener.UnbindAsync(now.Token).WithinDeadline();
            await fourth.ExpectResetAsync();
            Assert.Null(await listener.Listener.AcceptAsync().WithinDeadline());
        }
        finally
        {
            leave.Set();
        }
    }

    /// <summary>A token that is cancelled from the start is no reason to leave anything behind where no loop is blocked.</summary>
    [Theory, Transports(Variants = true, NotOnSockets = NotOnSockets)]
    public async Task A_cancelled_token_leaves_nothing_behind(TransportUnderTest transport)
    {
        await (await BareListener.BindAsync(transport)).DisposeAsync();
        LeakCheck before = new();
        await using (BareListener listener = await BareListener.BindAsync(transport))
        {
            using RawClient unclaimed = await RawClient.ConnectAsync(listener.EndPoint);
            using CancellationTokenSource now = new();
            await now.CancelAsync();
            await listener.Listener.UnbindAsync(now.Token).WithinDeadline();
            Assert.Null(await listener.Listener.AcceptAsync().WithinDeadline());
            await unclaimed.DrainAsync();
        }

        await before.NothingLeakedAsync();
    }

    private static async Task BlockAsync(
        Microsoft.AspNetCore.Connections.ConnectionContext connection, TaskCompletionSource entered, ManualResetEventSlim leave)
    {
        await connection.Transport.Input.ReadAsync();
        entered.SetResult();
        leave.Wait();
    }
}
