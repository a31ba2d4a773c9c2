using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace Transport.Tests.Http;

/// <summary>HTTP/1.1 by hand: requests in pieces, in heaps, and bodies in both directions.</summary>
public class RawHttpTests
{
    private const string Post = "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhello";

    [Theory, Transports(Variants = true)]
    public async Task A_request_sent_byte_by_byte_is_served(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.RouteAsync);
        using RawClient client = await server.ConnectAsync();
        HttpReplyReader replies = new HttpReplyReader(client);
        for (int i = 0; i < 3; i++)
        {
            await client.SendByteAtATimeAsync(Post);
            Assert.Equal("hello", (await replies.ReadAsync()).Text);
        }
    }

    [Theory, Transports(Variants = true)]
    public async Task A_request_split_at_each_of_its_bytes(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.RouteAsync, new TransportSettings { LoopCount = 1 });
        using RawClient client = await server.ConnectAsync();
        using RawClient other = await server.ConnectAsync();
        HttpReplyReader replies = new HttpReplyReader(client);
        for (int at = 1; at < Post.Length; at++)
        {
            await client.SendAsync(Post[..at]);
            // The loop answers the other one after it has read the first part: the second is a segment of its own.
            await other.GetAsync("/");
            await client.SendAsync(Post[at..]);
            Assert.Equal("hello", (await replies.ReadAsync()).Text);
        }
    }

    [Theory, Transports(Variants = true)]
    public async Task A_thousand_requests_in_one_write_are_answered_in_order(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, context => context.Response.WriteAsync(context.Request.Path));
        using RawClient client = await server.ConnectAsync();
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < 1000; i++)
        {
            requests.Append(CultureInfo.InvariantCulture, $"GET /{i} HTTP/1.1\r\nHost: test\r\n\r\n");
        }

        Task sending = client.SendAsync(requests.ToString());
        HttpReplyReader replies = new HttpReplyReader(client);
        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal($"/{i}", (await replies.ReadAsync()).Text);
        }

        await sending;
    }

    [Theory]
    [Transports(1, Variants = true), Transports(4096), Transports(65_536), Transports(10_000_019, Variants = true)]
    public async Task A_response_of_any_size_is_what_was_written(TransportUnderTest transport, int size)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.RouteAsync);
        using RawClient client = await server.ConnectAsync();
        Assert.Equal(TestApp.PatternBytes(size), (await client.GetAsync($"/bytes/{size}")).Body);
        Assert.Equal(200, (await client.GetAsync("/")).Status);
    }

    [Theory]
    [Transports(1), Transports(4096), Transports(65_536), Transports(10_000_019, Variants = true)]
    public async Task A_body_of_any_size_is_echoed_unchanged(TransportUnderTest transport, int size)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.RouteAsync);
        using RawClient client = await server.ConnectAsync();
        byte[] body = TestApp.PatternBytes(size);
        Task sending = SendAsync();
        HttpReply reply = await new HttpReplyReader(client).ReadAsync();
        await sending;
        Assert.True(reply.Body.AsSpan().SequenceEqual(body));

        async Task SendAsync()
        {
            await client.SendAsync($"POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: {size}\r\n\r\n");
            await client.SendAsync(body);
        }
    }

    [Theory, Transports]
    public async Task A_chunked_body_with_the_chunks_split_anyhow(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.RouteAsync);
        using RawClient client = await server.ConnectAsync();
        Random random = new Random(11);
        StringBuilder body = new StringBuilder();
        StringBuilder wire = new StringBuilder("POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int i = 0; i < 50; i++)
        {
            string chunk = new string((char)('a' + i % 26), random.Next(1, 700));
            body.Append(chunk);
            wire.Append(CultureInfo.InvariantCulture, $"{chunk.Length:x}\r\n{chunk}\r\n");
        }
        wire.Append("0\r\n\r\n");
        for (int at = 0; at < wire.Length;)
        {
            int count = Math.Min(random.Next(1, 900), wire.Length - at);
            await client.SendAsync(wire.ToString(at, count));
            at += count;
        }
        Assert.Equal(body.ToString(), (await new HttpReplyReader(client).ReadAsync()).Text);
    }

    /// <summary>A client that reads a little at a time gets all of it, and nobody waits for it.</summary>
    [Theory, Transports(Variants = true)]
    public async Task A_slow_reader_gets_everything_while_others_are_served(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.RouteAsync, new TransportSettings { LoopCount = 1 });
        using RawClient slow = await server.ConnectAsync(receiveBuffer: 4096);
        using RawClient other = await server.ConnectAsync();
        const int Size = 1_000_000;
        await slow.SendAsync($"GET /bytes/{Size} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
        MemoryStream all = new MemoryStream();
        byte[] buffer = new byte[1777];
        for (int i = 0; await slow.ReceiveAsync(buffer) is var count and > 0; i++)
        {
            all.Write(buffer, 0, count);
            if (i % 20 == 0)
            {
                Assert.Equal(200, (await other.GetAsync("/")).Status);
            }
        }
        Assert.True(all.ToArray().AsSpan()[^Size..].SequenceEqual(TestApp.PatternBytes(Size)));
    }

    [Theory, Transports]
    public async Task A_slow_sender_completes_while_others_are_served(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.RouteAsync, new TransportSettings { LoopCount = 1 });
        using RawClient slow = await server.ConnectAsync();
        using RawClient other = await server.ConnectAsync();
        byte[] body = TestApp.PatternBytes(20_000);
        await slow.SendAsync($"POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: {body.Length}\r\n\r\n");
        for (int at = 0; at < body.Length; at += 100)
        {
            await slow.SendAsync(body.AsMemory(at, 100));
            Assert.Equal(200, (await other.GetAsync("/")).Status);
        }
        Assert.Equal(body, (await new HttpReplyReader(slow).ReadAsync()).Body);
    }

    /// <summary>
    /// Kestrel answers a request whose client has sent FIN only if the response is under way: the connection must not hang.
    /// </summary>
    [Theory, Transports]
    public async Task A_half_closing_client_gets_its_response(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.RouteAsync);
        for (int i = 0; i < 20; i++)
        {
            using RawClient client = await server.ConnectAsync();
            await client.SendAsync("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
            client.ShutdownSend();
            await client.DrainAsync();
        }
    }

    [Theory, Transports]
    public async Task A_response_in_progress_reaches_a_client_that_half_closes(TransportUnderTest transport)
    {
        TaskCompletionSource half = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using WebServer server = await WebServer.StartRawAsync(transport, async connection =>
        {
            await connection.ReadTextAsync(7);
            await half.Task;
            Assert.Equal("", await connection.ReadToEndAsync());
            await connection.WriteAsync(new string('x', 300_000));
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("request");
        client.ShutdownSend();
        half.SetResult();
        Assert.Equal(300_000, (await client.ReceiveToEndAsync()).Length);
    }

    /// <summary>
    /// A receive stops short at the urgent mark though more follows: whoever takes a short receive for an empty socket waits for ever.
    /// </summary>
    [Theory, Transports(Variants = true)]
    public async Task Urgent_data_does_not_delay_the_stream(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        for (int round = 0; round < 10; round++)
        {
            using RawClient client = await RawClient.ConnectAsync(listener.EndPoint);
            await client.SendAsync("before");
            client.SendUrgent((byte)'!');
            await client.SendAsync("after");
            await using ConnectionContext server = await listener.AcceptAsync();
            Assert.Equal("beforeafter", await server.ReadTextAsync(11).WithinDeadline("what follows the urgent byte"));
            client.SendUrgent((byte)'!');
            await client.SendAsync("again");
            Assert.Equal("again", await server.ReadTextAsync(5).WithinDeadline("what follows the second urgent byte"));
        }
    }

    [Theory, Transports]
    public async Task Garbage_gets_400_and_the_next_client_is_served(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.RouteAsync);
        using (RawClient client = await server.ConnectAsync())
        {
            await client.SendAsync("NOT HTTP AT ALL\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 400", Encoding.Latin1.GetString(await client.ReceiveToEndAsync()), StringComparison.Ordinal);
        }
        using RawClient next = await server.ConnectAsync();
        Assert.Equal(200, (await next.GetAsync("/")).Status);
    }

    /// <summary>Blocks that have no array behind them, of a size that is nobody's page.</summary>
    [Theory]
    [Transports(BlockKind.Native, NotOnSockets = "it gathers a send of several blocks by their arrays"), Transports(BlockKind.Movable)]
    public async Task Blocks_of_any_kind_carry_bodies_through_compacting_collections(TransportUnderTest transport, BlockKind kind)
    {
        CountingPoolFactory pools = new CountingPoolFactory(kind);
        await using (WebServer server = await WebServer.StartAsync(transport, TestApp.RouteAsync, pools: pools))
        {
            byte[] body = TestApp.PatternBytes(3_000_000);
            using RawClient client = await server.ConnectAsync();
            Task sending = client.SendAsync(Encoding.Latin1.GetBytes(
                $"POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: {body.Length}\r\n\r\n").Concat(body).ToArray());
            Task<HttpReply> reply = new HttpReplyReader(client).ReadAsync();
            for (int i = 0; i < 1000 && !reply.IsCompleted; i++)
            {
                GC.Collect(1, GCCollectionMode.Forced, blocking: true, compacting: true);
                await Task.Yield();
            }
            Assert.True((await reply).Body.AsSpan().SequenceEqual(body));
            await sending;
        }
        await pools.AllReturnedAsync();
        Assert.True(pools.EverRented > 0);
    }
}
