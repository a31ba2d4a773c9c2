namespace Transport.Tests.Churn;

/// <summary>A server whose end must leave descriptors, threads and blocks as they were before its start.</summary>
internal sealed class World : IAsyncDisposable
{
    private readonly LeakCheck _leaks;

    private World(WebServer server, LeakCheck leaks) => (Server, _leaks) = (server, leaks);

    public WebServer Server { get; }

    public static async Task<World> StartAsync(TransportUnderTest transport, TransportSettings? settings = null)
    {
        // What the process opens once in its life, such as the runtime's own epoll descriptors, is not this test's.
        await using (WebServer first = await WebServer.StartAsync(transport, TestApp.RouteAsync))
        using (RawClient client = await first.ConnectAsync())
        {
            await client.GetAsync("/");
        }

        LeakCheck leaks = new LeakCheck();
        return new World(await WebServer.StartAsync(transport, TestApp.RouteAsync, settings ?? new TransportSettings { LoopCount = 2 }),
            leaks);
    }

    /// <summary>New clients, of every loop, get right answers.</summary>
    public async Task EverybodyIsServedAsync()
    {
        for (int i = 0; i < 8; i++)
        {
            using RawClient client = await Server.ConnectAsync();
            Assert.Equal(200, (await client.GetAsync("/")).Status);
            Assert.Equal(TestApp.PatternBytes(10_000), (await client.GetAsync("/bytes/10000")).Body);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Server.Pools.AllReturnedAsync();
        await _leaks.NothingLeakedAsync();
    }
}
