using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Transport.Tests.LifeCycle;

/// <summary>What the client and the application see when the server ends the connection.</summary>
public class ServerClosesTests
{
    [Theory, Transports(Variants = true)]
    public async Task Dispose_sends_all_that_was_written_and_then_fin(TransportUnderTest transport)
    {
        await using BareListener listener =
            await BareListener.BindAsync(transport, settings: new TransportSettings { MaxWriteBufferSize = null });
        await using BareListener.Pair pair = await listener.ConnectAsync();
        byte[] bytes = TestApp.PatternBytes(3_000_000);
        ValueTask<FlushResult> written = pair.Server.Transport.Output.WriteAsync(bytes, Deadline.Token);
        ValueTask disposed = pair.Server.DisposeAsync();
        Assert.Equal(bytes, await pair.Client.ReceiveToEndAsync());
        await written;
        await disposed;
    }

    [Theory, Transports]
    public async Task Dispose_is_graceful_even_over_unread_bytes(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        await pair.Client.SendAsync("nobody reads this");
        await pair.Server.WriteAsync("goodbye");
        await pair.Server.DisposeAsync();
        Assert.Equal("goodbye"u8.ToArray(), await pair.Client.ReceiveExactlyAsync(7));
        Assert.Empty(await pair.Client.ReceiveToEndAsync());
    }

    [Theory, Transports]
    public async Task Dispose_twice_is_harmless(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        await pair.Server.DisposeAsync();
        await pair.Server.DisposeAsync();
        Assert.Empty(await pair.Client.ReceiveToEndAsync());
    }

    [Theory, Transports(Variants = true)]
    public async Task Abort_with_a_reason_resets_and_the_pending_read_throws_it(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        Task<ReadResult> read = pair.Server.Transport.Input.ReadAsync(Deadline.Token).AsTask();
        ConnectionAbortedException reason = new ConnectionAbortedException("because");
        pair.Server.Abort(reason);
        Assert.Same(reason, await Assert.ThrowsAsync<ConnectionAbortedException>(() => read));
        await pair.Server.ConnectionClosed.Fired();
        await pair.Client.ExpectResetAsync();
    }

    [Theory, Transports]
    public async Task Abort_without_a_reason_is_a_graceful_fin_in_both_directions(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        pair.Server.Abort(null!);
        Assert.Empty(await pair.Client.ReceiveToEndAsync());
        await pair.Server.ConnectionClosed.Fired();
    }

    [Theory, Transports]
    public async Task An_abort_is_logged_with_its_kind(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using (BareListener.Pair pair = await listener.ConnectAsync())
        {
            pair.Server.Abort();
            ConnectionAbortedException exception = await Assert.ThrowsAsync<ConnectionAbortedException>(async ()
                => await pair.Server.Transport.Input.ReadAsync(Deadline.Token));
            Assert.Equal("The connection was aborted by the application via ConnectionContext.Abort().", exception.Message);
        }
        await using (BareListener.Pair pair = await listener.ConnectAsync())
        {
            pair.Server.Features.Get<IConnectionLifetimeFeature>()!.Abort();
            ConnectionAbortedException exception = await Assert.ThrowsAsync<ConnectionAbortedException>(async ()
                => await pair.Server.Transport.Input.ReadAsync(Deadline.Token));
            Assert.Equal("The connection was aborted by the application via IConnectionLifetimeFeature.Abort().", exception.Message);
        }
    }

    [Theory, Transports]
    public async Task The_first_reason_wins(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        ConnectionAbortedException first = new ConnectionAbortedException("first");
        pair.Server.Abort(first);
        pair.Server.Abort(new ConnectionAbortedException("second"));
        Assert.Same(first, await Assert.ThrowsAsync<ConnectionAbortedException>(async ()
            => await pair.Server.Transport.Input.ReadAsync(Deadline.Token)));
    }

    [Theory, Transports]
    public async Task Abort_completes_a_flush_that_waits_for_a_client_that_does_not_read(TransportUnderTest transport)
    {
        await using BareListener listener =
            await BareListener.BindAsync(transport, settings: new TransportSettings { MaxWriteBufferSize = 1000 });
        await using BareListener.Pair pair = await listener.ConnectAsync(receiveBuffer: 4096);
        Task<FlushResult> flush = pair.Server.Transport.Output.WriteAsync(new byte[8_000_000], Deadline.Token).AsTask();
        Assert.False(flush.IsCompleted);
        pair.Server.Abort(new ConnectionAbortedException("enough"));
        Assert.True((await flush.WithinDeadline()).IsCompleted);
        await pair.Client.ExpectResetAsync();
    }

    [Theory, Transports]
    public async Task Abort_from_many_threads_at_once_closes_once(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        for (int round = 0; round < 20; round++)
        {
            await using BareListener.Pair pair = await listener.ConnectAsync();
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => pair.Server.Abort(new ConnectionAbortedException("now")))))
                .WithinDeadline();
            await pair.Client.ExpectResetAsync();
        }
    }

    [Theory, Transports]
    public async Task Completing_the_output_closes_both_directions(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        await pair.Server.WriteAsync("end");
        await pair.Server.Transport.Output.CompleteAsync();
        Assert.Equal("end"u8.ToArray(), await pair.Client.ReceiveToEndAsync());
        ConnectionAbortedException exception =
            await Assert.ThrowsAsync<ConnectionAbortedException>(async () => await pair.Server.Transport.Input.ReadAsync(Deadline.Token));
        Assert.Contains("send loop completed gracefully", exception.Message, StringComparison.Ordinal);
    }

    [Theory, Transports]
    public async Task Completing_the_output_with_an_error_resets_and_the_reader_throws_it(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        InvalidOperationException error = new InvalidOperationException("the application's own");
        await pair.Server.Transport.Output.CompleteAsync(error);
        Assert.Same(error, await Assert.ThrowsAsync<InvalidOperationException>(async ()
            => await pair.Server.Transport.Input.ReadAsync(Deadline.Token)));
        await pair.Client.ExpectResetAsync();
    }

    [Theory, Transports]
    public async Task Completing_the_input_leaves_the_output_open(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        await pair.Server.Transport.Input.CompleteAsync();
        await pair.Client.SendAsync("to nobody");
        await pair.Server.ConnectionClosed.Fired();
        await pair.Server.WriteAsync("answer");
        Assert.Equal("answer", await pair.Client.ReceiveTextAsync(6));
    }

    [Theory, Transports]
    public async Task A_replaced_transport_leaves_the_original_pair_to_dispose(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        await pair.Server.WriteAsync("before");
        pair.Server.Transport = new DuplexPipe();
        await pair.Server.DisposeAsync().WithinDeadline();
        Assert.Equal("before"u8.ToArray(), await pair.Client.ReceiveToEndAsync());
    }

    [Theory, Transports]
    public async Task A_handler_that_throws_ends_only_its_own_connection(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartRawAsync(transport, async connection =>
        {
            if (await connection.ReadTextAsync(1) == "x")
            {
                throw new InvalidOperationException("handler");
            }

            await connection.WriteAsync("ok");
            await connection.ReadToEndAsync();
        });
        using RawClient bad = await server.ConnectAsync();
        using RawClient good = await server.ConnectAsync();
        await bad.SendAsync("x");
        await bad.DrainAsync();
        await good.SendAsync("y");
        Assert.Equal("ok", await good.ReceiveTextAsync(2));
    }

    /// <summary>Kestrel's RequestAborted and HttpContext.Abort rest on the rows above.</summary>
    [Theory, Transports]
    public async Task HttpContext_Abort_resets_the_client(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, async context =>
        {
            await context.Response.StartAsync();
            context.Abort();
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
        await Assert.ThrowsAsync<SocketException>(client.ReceiveToEndAsync);
    }
}
