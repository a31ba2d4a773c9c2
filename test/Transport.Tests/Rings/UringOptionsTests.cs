using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Shared.Uring;
using Transport.Tests.Metrics;
using Transport.Uring;
using Transport.Uring.Diagnostics;
using Transport.Uring.Rings;

namespace Transport.Tests.Rings;

/// <summary>The options of the io_uring transport: bound, validated, and given to the kernel.</summary>
public class UringOptionsTests
{
    [Theory]
    [InlineData("QueueDepth", 100, "UringTransportOptions.QueueDepth is 100; allowed: a power of two, 8 to 32768.")]
    [InlineData("CompletionQueueDepth", 8, ".CompletionQueueDepth is 8; allowed: a power of two, QueueDepth to 65536.")]
    [InlineData("ReceiveBuffers", 0, "UringTransportOptions.ReceiveBuffers is 0; allowed: a power of two, 1 to 32768.")]
    [InlineData("ReceiveBufferSize", 100, "UringTransportOptions.ReceiveBufferSize is 100; allowed: 512 to 65536.")]
    [InlineData("Receive", 7, "Kestrel:Transport:Uring:Receive is \"7\"; allowed: Auto, ")]
    [InlineData("ZeroCopySendThreshold", 0, "UringTransportOptions.ZeroCopySendThreshold is 0; allowed: at least 1.")]
    [InlineData("NapiBusyPollMicroseconds", -1, "UringTransportOptions.NapiBusyPollMicroseconds is -1; allowed: 0 to 1000000.")]
    public async Task Invalid_values_fail_with_the_allowed_ones(string option, int value, string message)
    {
        OptionsValidationException exception =
            await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(new() { [option] = $"{value}" }));
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    /// <summary>The queues as the kernel has made them, and all receive buffers, whether resident or not.</summary>
    [Fact]
    public void The_ring_of_a_loop_has_at_most_4_MiB_by_default()
    {
        Assert.SkipWhen(UringUnderTest.Default.Unavailable is not null, UringUnderTest.Default.Unavailable ?? "");
        RingSize size = RingSize.Of(new UringTransportOptions());
        using Ring ring = new(size.Submissions, size.Completions);
        using BufferRing buffers = new(ring, size.Buffers, size.BufferSize);
        Assert.InRange((long)(ring.Length + buffers.Length), size.Buffers * size.BufferSize, 4 << 20);
    }

    [Fact]
    public async Task Every_option_is_bound_from_configuration()
    {
        await using WebServer server = await StartAsync(new()
        {
            ["QueueDepth"] = "64",
            ["CompletionQueueDepth"] = "128",
            ["ReceiveBuffers"] = "32",
            ["ReceiveBufferSize"] = "1024",
            ["Receive"] = "MultishotIntoRing",
            ["ZeroCopySend"] = "true",
            ["ZeroCopySendThreshold"] = "5000",
            ["NapiBusyPollMicroseconds"] = "20",
            ["SqPoll"] = "true",
        });
        UringTransportOptions options = server.Application.Services.GetRequiredService<IOptions<UringTransportOptions>>().Value;
        Assert.Equal((64, 128), (options.QueueDepth, options.CompletionQueueDepth));
        Assert.Equal((32, 1024), (options.ReceiveBuffers, options.ReceiveBufferSize));
        Assert.Equal((UringReceive.MultishotIntoRing, true, 5000), (options.Receive, options.ZeroCopySend, options.ZeroCopySendThreshold));
        Assert.Equal((20, true), (options.NapiBusyPollMicroseconds, options.SqPoll));
        using RawClient client = await server.ConnectAsync();
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(200, (await client.GetAsync("/")).Status);
        }
    }

    /// <summary>The kernel thread takes operations from a queue that is shorter than what an iteration adds.</summary>
    [Fact]
    public async Task A_kernel_thread_that_submits_gets_every_operation()
    {
        await using WebServer server = await WebServer.StartRawAsync(
            UringUnderTest.With(options => (options.SqPoll, options.QueueDepth, options.CompletionQueueDepth) = (true, 8, 8)),
            connection => connection.EchoAsync(),
            new TransportSettings { LoopCount = 1 });
        using MeterReader meter = new(server.Application.Services, UringMetrics.MeterName);
        List<RawClient> clients = [];
        for (int i = 0; i < 100; i++)
        {
            clients.Add(await server.ConnectAsync());
        }

        for (int round = 0; round < 20; round++)
        {
            await Task.WhenAll(clients.Select(client => client.SendAsync("round")));
            await Task.WhenAll(clients.Select(async client => Assert.Equal("round", await client.ReceiveTextAsync(5))));
        }

        clients.ForEach(client => client.Dispose());
        await meter.ReachesAsync("transport.connections", 0);
    }

    /// <summary>Linux before 6.9: the loop works without.</summary>
    [Theory, Transports(Faults = true, Model = "uring")]
    public async Task Where_busy_polling_is_refused_a_warning_says_so(TransportUnderTest transport)
    {
        TransportUnderTest busy = UringUnderTest.With(options => options.NapiBusyPollMicroseconds = 50);
        long before = FaultShim.Counted("io_uring_register");
        await (await WebServer.StartAsync(busy, TestApp.HelloAsync, new() { LoopCount = 1 })).DisposeAsync();

        // It is the last registration of a start: buffer rings come before.
        long last = FaultShim.Counted("io_uring_register") - before - 1;
        using Fault fault = FaultShim.Fail(["io_uring_register"], Errno.EINVAL, skip: last);
        await using WebServer server = await WebServer.StartAsync(busy, TestApp.HelloAsync, new() { LoopCount = 1 });
        LogEntry warning = await server.Logs.WaitForAsync(transport.LogCategory, 141);
        Assert.Contains("io_uring_register(NAPI) failed: Invalid argument (errno 22).", warning.Message, StringComparison.Ordinal);
        Assert.Equal(1, fault.Fired);
        using RawClient client = await server.ConnectAsync();
        Assert.Equal(200, (await client.GetAsync("/")).Status);
    }

    private static Task<WebServer> StartAsync(Dictionary<string, string?> options) => WebServer.StartAsync(
        UringUnderTest.Default,
        TestApp.HelloAsync,
        new TransportSettings { LoopCount = 1 },
        configure: builder => builder.Configuration.AddInMemoryCollection(
            options.Select(option => KeyValuePair.Create($"Kestrel:Transport:Uring:{option.Key}", option.Value))));
}
