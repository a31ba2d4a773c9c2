using Transport.Tests.Metrics;
using Transport.Uring;
using Transport.Uring.Diagnostics;

namespace Transport.Tests.Rings;

/// <summary>Single receives for connections that have just begun, multishot ones for those that send many small requests.</summary>
public class UringAutoTests
{
    /// <summary>More than the small requests after which a connection changes.</summary>
    private const int Warm = 20;
    private const int Requests = 200;

    private static readonly TransportSettings s_settings = new() { LoopCount = 1, UnsafePreferInlineScheduling = true };

    /// <summary>
    /// One client that waits for its answer: the answers are sent by send(2), so that the ring's operations are the receives.
    /// </summary>
    [Theory]
    [InlineData(UringReceive.Auto, false)]
    [InlineData(UringReceive.MultishotIntoRing, false)]
    [InlineData(UringReceive.SingleIntoRing, true)]
    [InlineData(UringReceive.IntoPipe, true)]
    public async Task Small_requests_need_an_operation_each_or_none(UringReceive receive, bool isSingle)
    {
        await using WebServer server = await WebServer.StartRawAsync(
            UringUnderTest.With(receive), connection => connection.EchoAsync(), s_settings);
        using MeterReader meter = new(server.Application.Services, UringMetrics.MeterName);
        using RawClient client = await server.ConnectAsync();
        await EchoAsync(client, Warm);
        long operations = await OperationsOfAsync(meter, client, Requests);
        if (isSingle)
        {
            Assert.True(operations >= Requests, $"{operations} operations for {Requests} requests.");
        }
        else
        {
            Assert.True(operations < Requests / 2, $"{operations} operations for {Requests} requests.");
        }
    }

    /// <summary>A large request goes into the pipe's memory. What follows has to show again that it is small.</summary>
    [Fact]
    public async Task A_large_request_ends_the_multishot_receive()
    {
        await using WebServer server = await WebServer.StartRawAsync(
            UringUnderTest.With(UringReceive.Auto), connection => connection.EchoAsync(), s_settings);
        using MeterReader meter = new(server.Application.Services, UringMetrics.MeterName);
        using RawClient client = await server.ConnectAsync();
        byte[] large = TestApp.PatternBytes(1_000_000);
        for (int round = 0; round < 5; round++)
        {
            await EchoAsync(client, Warm);
            Task sending = client.SendAsync(large);
            Assert.Equal(large, await client.ReceiveExactlyAsync(large.Length));
            await sending;
            const int Few = 10;
            Assert.True(await OperationsOfAsync(meter, client, Few) >= Few, "The multishot receive is still in flight.");
        }

        await EchoAsync(client, Warm);
        Assert.True(await OperationsOfAsync(meter, client, Requests) < Requests / 2, "There is no multishot receive again.");
    }

    /// <summary>Linux 5.19: nobody asked for multishot receives, so there is nothing to warn of.</summary>
    [Theory, Transports(Faults = true, Model = "uring")]
    public async Task Where_multishot_receives_are_refused_single_ones_go_on(TransportUnderTest transport)
    {
        Assert.Equal("uring", transport.Model);
        await using WebServer server = await WebServer.StartRawAsync(
            UringUnderTest.With(UringReceive.Auto), connection => connection.EchoAsync(), s_settings);
        using MeterReader meter = new(server.Application.Services, UringMetrics.MeterName);

        // The only connection's 16 single receives succeed, and the multishot one is refused.
        using Fault fault = FaultShim.Fail(["recv"], Errno.EINVAL, skip: 16);
        using RawClient client = await server.ConnectAsync();
        await EchoAsync(client, Warm);
        await fault.FiredAsync();
        Assert.True(await OperationsOfAsync(meter, client, Requests) >= Requests, "There is a multishot receive.");
        using RawClient other = await server.ConnectAsync();
        await EchoAsync(other, Warm);
        Assert.True(await OperationsOfAsync(meter, other, Requests) >= Requests, "There is a multishot receive on another connection.");
        Assert.DoesNotContain(server.Logs.Entries, entry => entry.Id.Id == 141);
    }

    private static async Task<long> OperationsOfAsync(MeterReader meter, RawClient client, int requests)
    {
        long before = meter.Sum("transport.uring.submissions");
        await EchoAsync(client, requests);
        return meter.Sum("transport.uring.submissions") - before;
    }

    private static async Task EchoAsync(RawClient client, int requests)
    {
        for (int i = 0; i < requests; i++)
        {
            await client.SendAsync("small");
            Assert.Equal("small", await client.ReceiveTextAsync(5));
        }
    }
}
