using Microsoft.Extensions.Logging;
using Transport.Core;
using Transport.Core.Scheduling.Threads;

namespace Transport.Tests.Hostile;

/// <summary>No more threads can be had: what is there goes on, one warning says so, and more come once they can be had again.</summary>
[Trait("Category", "Hostile")]
public sealed class ThreadLimitTests
{
    private static readonly FailingStarts s_starts = new();

    [Theory, Transports(NotOnSockets = "it has no workers of its own")]
    public async Task Requests_wait_for_the_existing_worker_and_for_new_ones(TransportUnderTest transport)
    {
        using ManualResetEventSlim release = new();
        int blocked = 0;
        s_starts.Fails = false;
        await using WebServer server = await WebServer.StartAsync(transport, context =>
        {
            if (context.Request.Path == "/block")
            {
                Interlocked.Increment(ref blocked);
                release.Wait(Deadline.Default);
            }

            return TestApp.HelloAsync(context);
        }, new TransportSettings { LoopCount = 1, Ours = UseWorkers });
        List<RawClient> clients = [];
        try
        {
            for (int i = 0; i < 4; i++)
            {
                clients.Add(await server.ConnectAsync());
                Assert.Equal(200, (await clients[i].GetAsync("/")).Status);
            }

            s_starts.Fails = true;
            foreach (RawClient client in clients)
            {
                await client.SendAsync("GET /block HTTP/1.1\r\nHost: test\r\n\r\n");
            }

            await Deadline.Until(() => Warnings(server) == 1, () => $"{Warnings(server)} warnings");
            int failures = s_starts.Failures;
            await Deadline.Until(() => s_starts.Failures > failures, () => "no start is tried again");
            Assert.Equal(1, Warnings(server));
            Assert.InRange(blocked, 1, 3);

            s_starts.Fails = false;
            await Deadline.Until(() => Volatile.Read(ref blocked) == 4, () => $"{blocked} of 4 handlers run once threads can be had");
        }
        finally
        {
            s_starts.Fails = false;
            release.Set();
        }

        foreach (RawClient client in clients)
        {
            Assert.Equal(200, (await new HttpReplyReader(client).ReadAsync()).Status);
            client.Dispose();
        }

        Assert.All(s_starts.StartedBy, name => Assert.Equal("transport monitor", name));
    }

    /// <summary>The first worker of all cannot be started, for a while.</summary>
    [Theory, Transports(NotOnSockets = "it has no workers of its own")]
    public async Task A_loop_without_a_worker_responds_once_it_has_one(TransportUnderTest transport)
    {
        s_starts.Fails = true;
        try
        {
            await using WebServer server = await WebServer.StartAsync(transport, TestApp.HelloAsync,
                new TransportSettings { LoopCount = 1, Ours = UseWorkers });
            using RawClient client = await server.ConnectAsync();
            Task<HttpReply> get = client.GetAsync("/");
            await Deadline.Until(() => Warnings(server) == 1, () => $"{Warnings(server)} warnings");
            s_starts.Fails = false;
            Assert.Equal(200, (await get.WithinDeadline()).Status);
        }
        finally
        {
            s_starts.Fails = false;
        }
    }

    private static void UseWorkers(TransportOptions options)
    {
        options.ApplicationScheduling = ApplicationScheduling.Workers;
        options.SetThreadStarter(s_starts.Starter);
    }

    private static int Warnings(WebServer server)
        => server.Logs.Entries.Count(entry => entry.Id.Name == "WorkerNotStarted" && entry.Level == LogLevel.Warning);

    /// <summary>As the runtime does when pthread_create says EAGAIN.</summary>
    private sealed class FailingStarts
    {
        private int _failures;
        private volatile bool _fails;

        public FailingStarts() => Starter = new ThreadStarter(thread =>
        {
            StartedBy.Add(Thread.CurrentThread.Name);
            if (_fails && thread.Name!.Contains(" worker ", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _failures);
                throw new OutOfMemoryException();
            }

            thread.UnsafeStart();
        });

        public ThreadStarter Starter { get; }

        public System.Collections.Concurrent.ConcurrentBag<string?> StartedBy { get; } = [];

        public int Failures => Volatile.Read(ref _failures);

        public bool Fails
        {
            set => _fails = value;
        }
    }
}
