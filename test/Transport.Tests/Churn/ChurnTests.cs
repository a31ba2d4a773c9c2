using System.Globalization;

namespace Transport.Tests.Churn;

/// <summary>
/// Many clients that come and go in every way there is. Afterwards descriptors, threads and blocks are back where they were.
/// </summary>
public class ChurnTests
{
    [Theory, Transports(Variants = true)]
    public async Task A_thousand_silent_clients_do_not_delay_others(TransportUnderTest transport)
    {
        await using World world = await World.StartAsync(transport);
        List<RawClient> silent = new List<RawClient>();
        for (int i = 0; i < 1000; i++)
        {
            silent.Add(await world.Server.ConnectAsync());
        }

        await world.EverybodyIsServedAsync();
        for (int i = 0; i < silent.Count; i++)
        {
            if (i % 3 == 0)
            {
                silent[i].Reset();
            }
            else
            {
                silent[i].Dispose();
            }
        }
        await world.EverybodyIsServedAsync();
    }

    [Theory, Transports(Variants = true)]
    public async Task One_connection_per_request_is_served(TransportUnderTest transport)
    {
        await using World world = await World.StartAsync(transport);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            for (int i = 0; i < 100; i++)
            {
                using RawClient client = await world.Server.ConnectAsync();
                await client.SendAsync("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
                string reply = System.Text.Encoding.Latin1.GetString(await client.ReceiveToEndAsync());
                Assert.EndsWith("Hello, World!", reply, StringComparison.Ordinal);
            }
        })).WithinDeadline();
    }

    public enum Phase
    {
        Connected,
        InRequestLine,
        InHeaders,
        InBody,
        BeforeResponse,
        InResponse,
        BetweenRequests,
        Pipelining,
    }

    [Theory]
    [Transports(Phase.Connected), Transports(Phase.InRequestLine), Transports(Phase.InHeaders), Transports(Phase.InBody)]
    [Transports(Phase.BeforeResponse), Transports(Phase.InResponse, Variants = true), Transports(Phase.BetweenRequests)]
    [Transports(Phase.Pipelining, Variants = true)]
    public async Task Resets_and_fins_in_every_phase(TransportUnderTest transport, Phase phase)
    {
        await using World world = await World.StartAsync(transport);
        for (int i = 0; i < 30; i++)
        {
            RawClient client = await world.Server.ConnectAsync(receiveBuffer: 8192);
            switch (phase)
            {
                case Phase.InRequestLine:
                    await client.SendAsync("GET /by");
                    break;
                case Phase.InHeaders:
                    await client.SendAsync("GET / HTTP/1.1\r\nHost: te");
                    break;
                case Phase.InBody:
                    await client.SendAsync("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 100000\r\n\r\nonly this much");
                    break;
                case Phase.BeforeResponse:
                    await client.SendAsync("GET /bytes/100 HTTP/1.1\r\nHost: test\r\n\r\n");
                    break;
                case Phase.InResponse:
                    await client.SendAsync("GET /bytes/2000000 HTTP/1.1\r\nHost: test\r\n\r\n");
                    await client.ReceiveExactlyAsync(1000);
                    break;
                case Phase.BetweenRequests:
                    await client.GetAsync("/");
                    break;
                case Phase.Pipelining:
                    await client.SendAsync(string.Concat(Enumerable.Repeat("GET /bytes/1000 HTTP/1.1\r\nHost: test\r\n\r\n", 50)));
                    await client.ReceiveExactlyAsync(500);
                    break;
            }
            if (i % 3 == 0)
            {
                client.Dispose();   // with unread bytes this is a reset too
            }
            else
            {
                client.Reset();
            }
        }
        await world.EverybodyIsServedAsync();
    }

    /// <summary>Everybody else is answered while eight handlers hold their threads; how fast is the benchmarks' business.</summary>
    [Theory, Transports]
    public async Task Handlers_that_block_do_not_delay_others(TransportUnderTest transport)
    {
        using ManualResetEventSlim release = new ManualResetEventSlim();
        int blocked = 0;
        await using WebServer server = await WebServer.StartAsync(transport, context =>
        {
            if (context.Request.Path == "/block")
            {
                Interlocked.Increment(ref blocked);
                release.Wait(Deadline.Default);
            }
            return TestApp.HelloAsync(context);
        }, new TransportSettings { LoopCount = 1 });
        List<RawClient> blockers = new List<RawClient>();
        try
        {
            for (int i = 0; i < 8; i++)
            {
                blockers.Add(await server.ConnectAsync());
                await blockers[i].GetAsync("/");   // Kestrel may answer a connection's first request on a thread of the pool
                await blockers[i].SendAsync("GET /block HTTP/1.1\r\nHost: test\r\n\r\n");
            }
            await Deadline.Until(() => Volatile.Read(ref blocked) == 8, () => $"only {blocked} of 8 handlers run while the others block");
            for (int i = 0; i < 20; i++)
            {
                using RawClient client = await server.ConnectAsync();
                for (int j = 0; j < 5; j++)
                {
                    Assert.Equal(200, (await client.GetAsync("/")).Status);
                }
            }
        }
        finally
        {
            release.Set();
        }
        foreach (RawClient blocker in blockers)
        {
            Assert.Equal(200, (await new HttpReplyReader(blocker).ReadAsync()).Status);
            blocker.Dispose();
        }
    }

    [Theory, Transports]
    public async Task Fifty_slow_readers_at_once(TransportUnderTest transport)
    {
        await using World world = await World.StartAsync(transport);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            using RawClient client = await world.Server.ConnectAsync(receiveBuffer: 4096);
            int size = 100_000 + i;
            await client.SendAsync(
                $"GET /bytes/{size.ToString(CultureInfo.InvariantCulture)} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
            using MemoryStream all = new MemoryStream();
            byte[] buffer = new byte[1000 + 37 * i];
            while (await client.ReceiveAsync(buffer) is var count and > 0)
            {
                all.Write(buffer, 0, count);
                await Task.Yield();
            }
            Assert.True(all.ToArray().AsSpan()[^size..].SequenceEqual(TestApp.PatternBytes(size)));
        })).WithinDeadline();
        await world.EverybodyIsServedAsync();
    }
}
