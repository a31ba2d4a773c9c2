using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Transport.Core.Scheduling.Threads;

namespace Transport.Tests.Hostile;

/// <summary>
/// The blocking transport needs a thread a connection. When none can be started the call waits for one, others go on, and nobody is reset.
/// </summary>
[Trait("Category", "Hostile")]
public sealed class BlockingThreadLimitTests
{
    private readonly ConcurrentBag<string?> _startedBy = [];
    private volatile string _failing = "";
    private int _failures;

    [Theory]
    [Transports("recv", Model = "blocking")]
    [Transports("send", Model = "blocking")]
    public async Task A_call_waits_until_its_thread_can_be_started(TransportUnderTest transport, string call)
    {
        byte[] body = TestApp.PatternBytes(8 << 20);
        await using WebServer server = await StartAsync(transport, context => context.Response.Body.WriteAsync(body).AsTask());
        _failing = call;
        using RawClient waiting = await server.ConnectAsync();
        await waiting.SendAsync("GET / HTTP/1.0\r\nHost: test\r\n\r\n");
        await Deadline.Until(() => Volatile.Read(ref _failures) > 1, () => $"{_failures} starts failed");
        _failing = "";
        byte[] reply = await waiting.ReceiveToEndAsync().WithinDeadline();
        Assert.True(reply.AsSpan().EndsWith(body), $"{reply.Length} bytes");
        Assert.Single(server.Logs.Entries, entry => entry.Id.Name == "ThreadRefused" && entry.Level == LogLevel.Warning);
    }

    [Theory, Transports(Model = "blocking")]
    public async Task A_server_stops_while_a_call_waits_for_a_thread(TransportUnderTest transport)
    {
        await using WebServer server = await StartAsync(transport, TestApp.HelloAsync);
        _failing = "recv";
        using RawClient waiting = await server.ConnectAsync();
        await waiting.SendAsync("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
        await Deadline.Until(() => Volatile.Read(ref _failures) > 0, () => "no start failed");
        await server.StopAsync().WithinDeadline();
    }

    /// <summary>No loop's thread starts one: clone(2) takes time, and at the limit the runtime needs what is kept in reserve.</summary>
    [Theory, Transports(Model = "blocking")]
    public async Task Threads_are_started_by_the_monitor_alone(TransportUnderTest transport)
    {
        await using WebServer server = await StartAsync(transport, TestApp.HelloAsync);
        using RawClient client = await server.ConnectAsync();
        Assert.Equal(200, (await client.GetAsync("/")).Status);
        Assert.NotEmpty(_startedBy);
        Assert.All(_startedBy, name => Assert.Equal("transport monitor", name));
    }

    private Task<WebServer> StartAsync(TransportUnderTest transport, RequestDelegate app)
    {
        ThreadStarter starter = new(thread =>
        {
            if (_failing.Length > 0 && thread.Name!.StartsWith(_failing, StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _failures);
                throw new OutOfMemoryException();
            }

            if (thread.Name!.StartsWith("recv", StringComparison.Ordinal))
            {
                _startedBy.Add(Thread.CurrentThread.Name);
            }

            thread.UnsafeStart();
        });
        return WebServer.StartAsync(transport, app,
            new TransportSettings { LoopCount = 1, Ours = options => options.SetThreadStarter(starter) });
    }
}
