using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Transport.Tests.Metrics;
using Transport.Uring.Diagnostics;

namespace Transport.Tests.Rings;

/// <summary>Sends whose memory the kernel uses after they have completed.</summary>
public class UringZeroCopyTests
{
    private const int Threshold = 4096;

    private static readonly TransportUnderTest ZeroCopy =
        UringUnderTest.With(options =>
        {
            (options.ZeroCopySend, options.ZeroCopySendThreshold) = (true, Threshold);

            // The kernel copies each of them, since the clients are on this machine.
            options.IgnoresCopies = true;
        });

    /// <summary>Blocks are filled again as soon as they are returned: bytes that were still in use would arrive as others.</summary>
    [Fact]
    public async Task Responses_arrive_unchanged()
    {
        CountingPoolFactory pools = new();
        await using (WebServer server = await WebServer.StartAsync(ZeroCopy, TestApp.RouteAsync, new() { LoopCount = 1 }, pools: pools))
        {
            using MeterReader meter = new(server.Application.Services, UringMetrics.MeterName);
            await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
            {
                using HttpClient http = server.CreateClient();
                byte[] bytes = TestApp.PatternBytes(3_000_000 + i);
                using HttpResponseMessage echoed = await http.PostAsync(new Uri("/echo", UriKind.Relative), new ByteArrayContent(bytes));
                Assert.Equal(bytes, await echoed.Content.ReadAsByteArrayAsync());
            }));
            Assert.True(meter.Sum("transport.uring.zero_copy_sends") > 0, "Every send was copied.");
            Assert.Equal(0, meter.Sum("transport.uring.zero_copy_refusals"));
        }

        await pools.AllReturnedAsync();
    }

    /// <summary>On the loopback interface a zero-copy send gains nothing: the first one of each connection is the last one.</summary>
    [Fact]
    public async Task Where_the_kernel_copies_there_is_one_for_each_connection()
    {
        await using WebServer server = await WebServer.StartAsync(
            UringUnderTest.With(options => (options.ZeroCopySend, options.ZeroCopySendThreshold) = (true, Threshold)),
            TestApp.RouteAsync,
            new() { LoopCount = 1 });
        using MeterReader meter = new(server.Application.Services, UringMetrics.MeterName);
        for (int connections = 1; connections <= 3; connections++)
        {
            using RawClient client = await server.ConnectAsync();
            for (int i = 0; i < 3; i++)
            {
                Assert.Equal(TestApp.PatternBytes(200_000), (await client.GetAsync("/bytes/200000")).Body);
            }

            Assert.Equal(connections, meter.Sum("transport.uring.zero_copy_sends"));
            Assert.Equal(connections, meter.Sum("transport.uring.zero_copy_refusals"));
        }
    }

    /// <summary>
    /// The client has not acknowledged: the kernel uses the memory until the connection is reset. Closing must not wait for the client.
    /// </summary>
    [Theory, InlineData(true), InlineData(false)]
    public async Task Closing_does_not_wait_for_a_client_that_does_not_read(bool isAborted)
    {
        CountingPoolFactory pools = new();
        LeakCheck leaks = new();
        await using (BareListener listener = await BareListener.BindAsync(
            ZeroCopy, settings: new TransportSettings { LoopCount = 1, MaxWriteBufferSize = 32 << 20 }, pools: pools))
        {
            using MeterReader meter = new(listener.Provider, UringMetrics.MeterName);
            for (int i = 0; i < 20; i++)
            {
                // A client with a tiny buffer drops segments, and then the RST, whose number is beyond its window.
                BareListener.Pair pair = await listener.ConnectAsync(receiveBuffer: 256 * 1024);
                long sent = meter.Sum("transport.uring.zero_copy_sends");
                await pair.Server.Transport.Output.WriteAsync(new byte[16 << 20], Deadline.Token);
                await Deadline.Until(() => meter.Sum("transport.uring.zero_copy_sends") > sent, () => "Nothing was sent.");
                if (isAborted)
                {
                    pair.Server.Abort(new ConnectionAbortedException("test"));
                    await pair.Client.ExpectResetAsync();
                }
                else
                {
                    pair.Client.Reset();
                }

                await pair.Server.DisposeAsync().WithinDeadline();
                await pair.DisposeAsync();
            }
        }

        await pools.AllReturnedAsync();
        await leaks.NothingLeakedAsync();
    }

    /// <summary>Unix sockets do not support it: the kernel itself refuses.</summary>
    [Fact]
    public async Task On_a_Unix_socket_the_bytes_are_copied()
    {
        string path = Path.Combine(Path.GetTempPath(), $"zerocopy-{Environment.ProcessId}.sock");
        await using BareListener listener = await BareListener.BindAsync(ZeroCopy, new UnixDomainSocketEndPoint(path));
        using MeterReader meter = new(listener.Provider, UringMetrics.MeterName);
        byte[] bytes = TestApp.PatternBytes(1_000_000);
        for (int i = 1; i <= 2; i++)
        {
            await using BareListener.Pair pair = await listener.ConnectAsync();
            Task<byte[]> receiving = pair.Client.ReceiveExactlyAsync(bytes.Length);
            await pair.Server.Transport.Output.WriteAsync(bytes, Deadline.Token);
            Assert.Equal(bytes, await receiving);
            Assert.Equal(i, meter.Sum("transport.uring.zero_copy_refusals"));
        }

        Assert.Equal(0, meter.Sum("transport.uring.zero_copy_sends"));
    }

    /// <summary>An older kernel, and RLIMIT_MEMLOCK. The first turns it off for the loop, the second for the connection.</summary>
    [Theory]
    [Transports(Errno.EINVAL, Faults = true, Model = "uring")]
    [Transports(Errno.ENOMEM, Faults = true, Model = "uring")]
    [Transports(Errno.ENOBUFS, Faults = true, Model = "uring")]
    public async Task A_refused_send_is_repeated_with_a_copy(TransportUnderTest transport, Errno error)
    {
        await using WebServer server = await WebServer.StartAsync(ZeroCopy, TestApp.RouteAsync, new() { LoopCount = 1 });
        using MeterReader meter = new(server.Application.Services, UringMetrics.MeterName);
        using RawClient client = await server.ConnectAsync();
        using Fault fault = FaultShim.Fail(["send", "sendmsg"], error, Role.Connected, client.LocalPort);
        for (int i = 0; i < 3; i++)
        {
            HttpReply reply = await client.GetAsync("/bytes/200000");
            Assert.Equal(TestApp.PatternBytes(200_000), reply.Body);
        }

        Assert.Equal(1, fault.Fired);
        Assert.Equal(1, meter.Sum("transport.uring.zero_copy_refusals"));
        Assert.Equal("uring", transport.Model);
        using RawClient next = await server.ConnectAsync();
        Assert.Equal(TestApp.PatternBytes(200_000), (await next.GetAsync("/bytes/200000")).Body);
        Assert.Equal(error == Errno.EINVAL, meter.Sum("transport.uring.zero_copy_sends") == 0);
        Assert.Equal(error == Errno.EINVAL, server.Logs.Entries.Any(entry => entry.Id.Id == 141));
    }
}
