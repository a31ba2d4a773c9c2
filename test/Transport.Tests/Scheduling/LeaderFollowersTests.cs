using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Transport.Core;
using Transport.Tests.Metrics;

namespace Transport.Tests.Scheduling;

/// <summary>Handlers on the loop's own thread that block, compute or throw: the loop moves, and nothing is lost or run twice.</summary>
public sealed class LeaderFollowersTests
{
    private const string NotOnSockets = "its handlers never run on an event loop";

    [Theory, Transports(Variants = true, HandlersBlock = true, NotOnSockets = NotOnSockets)]
    public async Task Handlers_that_block_forever_do_not_delay_others(TransportUnderTest transport)
    {
        using ManualResetEventSlim leave = new();
        int blocked = 0;
        await using WebServer server = await StartAsync(transport, context =>
        {
            if (context.Request.Path == "/block")
            {
                Interlocked.Increment(ref blocked);
                leave.Wait();
            }

            return TestApp.HelloAsync(context);
        });
        List<RawClient> blocking = [];
        try
        {
            for (int i = 0; i < 8; i++)
            {
                blocking.Add(await server.ConnectAsync());
                await blocking[i].SendAsync(Request("/block"));
            }

            using RawClient other = await server.ConnectAsync();
            for (int i = 0; i < 200; i++)
            {
                Assert.Equal("Hello, World!", (await other.GetAsync("/")).Text);
            }

            await Deadline.Until(() => Volatile.Read(ref blocked) == 8, () => $"{blocked} of 8 blocking handlers run");
            Assert.Equal(200, (await other.GetAsync("/")).Status);
        }
        finally
        {
            leave.Set();
        }

        foreach (RawClient client in blocking)
        {
            Assert.Equal(200, (await new HttpReplyReader(client).ReadAsync()).Status);
            client.Dispose();
        }
    }

    /// <summary>What was flushed before the block is in the mailbox of a loop whose leader does not come back.</summary>
    [Theory, Transports(Variants = true, HandlersBlock = true, NotOnSockets = NotOnSockets)]
    public async Task What_a_handler_flushes_before_it_blocks_is_sent(TransportUnderTest transport)
    {
        using ManualResetEventSlim leave = new();
        await using WebServer server = await StartAsync(transport, async context =>
        {
            context.Response.ContentLength = 10;
            ValueTask<System.IO.Pipelines.FlushResult> flush = context.Response.BodyWriter.WriteAsync("early"u8.ToArray());
            leave.Wait();
            await flush;
            await context.Response.BodyWriter.WriteAsync("later"u8.ToArray());
        });
        using RawClient client = await server.ConnectAsync();
        try
        {
            await client.SendAsync(Request("/"));
            string text = "";
            while (!text.EndsWith("early", StringComparison.Ordinal))
            {
                text += await client.ReceiveTextAsync(1).WithinDeadline("what was flushed before the handler blocked");
            }
        }
        finally
        {
            leave.Set();
        }

        Assert.Equal("later", await client.ReceiveTextAsync(5).WithinDeadline("what was flushed after it"));
    }

    /// <summary>By then its thread does not lead the loop, which sleeps.</summary>
    [Theory, Transports(Variants = true, HandlersBlock = true, NotOnSockets = NotOnSockets)]
    public async Task What_a_handler_answers_after_the_loop_has_moved_is_sent(TransportUnderTest transport)
    {
        using ManualResetEventSlim leave = new();
        await using WebServer server = await StartAsync(transport, context =>
        {
            if (context.Request.Path == "/block")
            {
                leave.Wait();
            }

            return TestApp.HelloAsync(context);
        });
        for (int round = 0; round < 20; round++)
        {
            leave.Reset();
            using RawClient blocked = await server.ConnectAsync();
            using RawClient other = await server.ConnectAsync();
            Assert.Equal(200, (await blocked.GetAsync("/")).Status);
            await blocked.SendAsync(Request("/block"));
            Assert.Equal(200, (await other.GetAsync("/")).Status);
            leave.Set();
            Assert.Equal(200, (await new HttpReplyReader(blocked).ReadAsync()).Status);
            Assert.Equal(200, (await blocked.GetAsync("/")).Status);
        }
    }

    [Theory, Transports(Variants = true, HandlersBlock = true, NotOnSockets = NotOnSockets)]
    public async Task Handlers_that_compute_and_that_throw_are_answered_and_so_are_the_others(TransportUnderTest transport)
    {
        await using WebServer server = await StartAsync(transport, context =>
        {
            switch (context.Request.Path.Value)
            {
                case "/compute":
                    Compute(TimeSpan.FromMilliseconds(20));
                    break;
                case "/throw":
                    throw new InvalidOperationException("The handler fails on purpose.");
            }

            return TestApp.HelloAsync(context);
        });
        Task<int[]>[] clients =
        [
            .. new[] { "/compute", "/throw", "/", "/compute", "/" }.Select(path => Task.Run(async () =>
            {
                using RawClient client = await server.ConnectAsync();
                int[] statuses = new int[20];
                for (int i = 0; i < statuses.Length; i++)
                {
                    statuses[i] = (await client.GetAsync(path)).Status;
                }

                return statuses;
            })),
        ];
        int[][] all = await Task.WhenAll(clients).WithinDeadline();
        Assert.Equal([200, 500, 200, 200, 200], all.Select(static statuses => Assert.Single(statuses.Distinct())));
    }

    /// <summary>What one request leaves on the thread is not there for the next one, on any thread that the loop moves to.</summary>
    [Theory, Transports(Variants = true, HandlersBlock = true, NotOnSockets = NotOnSockets)]
    public async Task Requests_do_not_see_each_others_context(TransportUnderTest transport)
    {
        AsyncLocal<string?> local = new();
        int leaks = 0;
        await using WebServer server = await StartAsync(transport, context =>
        {
            if (context.Request.Path == "/look")
            {
                if (local.Value is not null || SynchronizationContext.Current is not null)
                {
                    Interlocked.Increment(ref leaks);
                }

                return TestApp.HelloAsync(context);
            }

            local.Value = context.TraceIdentifier;
            SynchronizationContext.SetSynchronizationContext(new SynchronizationContext());
            if (context.Request.Path == "/block")
            {
                Thread.Sleep(5);
            }

            return TestApp.HelloAsync(context);
        });
        using RawClient leaving = await server.ConnectAsync();
        using RawClient looking = await server.ConnectAsync();
        for (int i = 0; i < 30; i++)
        {
            Task<HttpReply> left = leaving.GetAsync(i % 3 == 0 ? "/block" : "/");
            Assert.Equal(200, (await looking.GetAsync("/look")).Status);
            Assert.Equal(200, (await left).Status);
            Assert.Equal(200, (await looking.GetAsync("/look")).Status);
        }

        Assert.Equal(0, leaks);
    }

    /// <summary>Kestrel starts a connection on the thread pool, which handlers that block at their first request would use up.</summary>
    [Theory, Transports(Variants = true, HandlersBlock = true, NotOnSockets = NotOnSockets)]
    public async Task First_requests_do_not_run_on_the_thread_pool(TransportUnderTest transport)
    {
        int onThePool = 0;
        await using WebServer server = await StartAsync(transport, context =>
        {
            if (Thread.CurrentThread.IsThreadPoolThread)
            {
                Interlocked.Increment(ref onThePool);
            }

            return TestApp.HelloAsync(context);
        });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 100; i++)
            {
                using RawClient client = await server.ConnectAsync();
                Assert.Equal(200, (await client.GetAsync("/")).Status);
            }
        }))).WithinDeadline();
        Assert.Equal(0, onThePool);
    }

    [Theory, Transports(Variants = true, HandlersBlock = true, NotOnSockets = NotOnSockets)]
    public async Task Random_handlers_are_run_once_each_while_the_loop_moves(TransportUnderTest transport)
    {
        const int Clients = 24;
        const int Requests = 40;
        int[] runs = new int[Clients * Requests];
        await using WebServer server = await StartAsync(transport, context =>
        {
            int number = int.Parse(context.Request.Path.Value![1..], System.Globalization.CultureInfo.InvariantCulture);
            Interlocked.Increment(ref runs[number]);
            Random random = new(number);
            switch (random.Next(12))
            {
                case 0:
                    Thread.Sleep(random.Next(8));
                    break;
                case 1:
                    Compute(TimeSpan.FromMilliseconds(random.Next(4)));
                    break;
                case 2:
                    throw new InvalidOperationException("The handler fails on purpose.");
            }

            context.Response.Headers["Number"] = context.Request.Path.Value[1..];
            return TestApp.HelloAsync(context);
        }, loops: 2);
        using MeterReader meter = new(server.Application.Services);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(number => Task.Run(async () =>
        {
            using RawClient client = await server.ConnectAsync();
            HttpReplyReader reader = new(client);
            for (int i = 0; i < Requests; i++)
            {
                int request = (number * Requests) + i;
                await client.SendAsync(Request($"/{request}"));
                HttpReply reply = await reader.ReadAsync();
                if (reply.Status == 200)
                {
                    Assert.Equal($"{request}", reply.Headers["Number"]);
                }
                else
                {
                    Assert.Equal(500, reply.Status);
                }
            }
        }))).WithinDeadline();
        Assert.All(runs, static count => Assert.Equal(1, count));
    }

    [Theory]
    [InlineData("epoll")]
    [InlineData("poll")]
    [InlineData("select")]
    [InlineData("busy")]
    public async Task The_default_moves_the_loop(string model)
    {
        using ManualResetEventSlim leave = new();
        await using WebServer server = await StartAsync(TransportCatalogue.Get(model), context =>
        {
            if (context.Request.Path == "/block")
            {
                leave.Wait();
            }

            return TestApp.HelloAsync(context);
        });
        using MeterReader meter = new(server.Application.Services);
        using RawClient blocked = await server.ConnectAsync();
        try
        {
            await blocked.SendAsync(Request("/block"));
            await Deadline.Until(() => meter.Sum("transport.take_overs") > 0, () => "the loop does not move");
        }
        finally
        {
            leave.Set();
        }

        Assert.Equal(200, (await new HttpReplyReader(blocked).ReadAsync()).Status);
    }

    /// <summary>MaxWorkers handlers are blocked: the loop goes on, but for application code.</summary>
    [Theory, Transports(NotOnSockets = NotOnSockets)]
    public async Task Requests_beyond_MaxWorkers_wait_and_a_warning_is_logged(TransportUnderTest transport)
    {
        using ManualResetEventSlim leave = new();
        int blocked = 0;
        await using WebServer server = await StartAsync(transport, context =>
        {
            if (context.Request.Path == "/block")
            {
                Interlocked.Increment(ref blocked);
                leave.Wait();
            }

            return TestApp.HelloAsync(context);
        }, options: static options => options.MaxWorkers = 2);
        List<RawClient> clients = [];
        try
        {
            for (int i = 0; i < 2; i++)
            {
                clients.Add(await server.ConnectAsync());
                await clients[i].SendAsync(Request("/block"));
                await Deadline.Until(() => Volatile.Read(ref blocked) == i + 1, () => $"{blocked} handlers run");
            }

            clients.Add(await server.ConnectAsync());
            await clients[2].SendAsync(Request("/"));
            await server.Logs.WaitForAsync(transport.LogCategory, 105);
        }
        finally
        {
            leave.Set();
        }

        foreach (RawClient client in clients)
        {
            Assert.Equal(200, (await new HttpReplyReader(client).ReadAsync()).Status);
            client.Dispose();
        }

        Assert.Single(server.Logs.Entries, static entry => entry.Id.Name == "WorkersExhausted" && entry.Level == LogLevel.Warning);
    }

    /// <summary>The thread inside the handler comes back to a loop that has ended.</summary>
    [Theory, Transports(Variants = true, HandlersBlock = true, NotOnSockets = NotOnSockets)]
    public async Task The_host_stops_although_a_handler_blocks(TransportUnderTest transport)
    {
        using ManualResetEventSlim leave = new();
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        WebServer server = await StartAsync(transport, context =>
        {
            entered.TrySetResult();
            leave.Wait();
            return Task.CompletedTask;
        });
        try
        {
            using RawClient client = await server.ConnectAsync();
            await client.SendAsync(Request("/"));
            await entered.Task.WithinDeadline();
            using CancellationTokenSource now = new(TimeSpan.FromMilliseconds(200));
            await server.Application.StopAsync(now.Token).WithinDeadline("the host to stop");
        }
        finally
        {
            leave.Set();
            await server.DisposeAsync();
        }
    }

    private static Task<WebServer> StartAsync(
        TransportUnderTest transport, RequestDelegate application, int loops = 1, Action<TransportOptions>? options = null) =>
        WebServer.StartAsync(transport, application, new TransportSettings { LoopCount = loops, Ours = options });

    private static string Request(string path) => $"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n";

    private static void Compute(TimeSpan time)
    {
        long begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begun) < time)
        {
            Thread.SpinWait(20);
        }
    }
}
