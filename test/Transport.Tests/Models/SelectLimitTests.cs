using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Win32.SafeHandles;
using Shared.Interop;
using Transport.Core.Readiness;
using Transport.Select;
using Errno = Shared.Interop.Errno;

namespace Transport.Tests.Models;

/// <summary>select at its limit and past it.</summary>
public class SelectLimitTests
{
    [Fact]
    public void A_descriptor_past_the_limit_is_refused_and_counted() => OwnThread.Run(() =>
    {
        SelectCounters counters = new();
        using SelectPoller poller = Pollers.Select(SelectCall.Select, maxDescriptors: 1024, counters);
        Assert.Equal(-Errno.EMFILE, poller.Add(1024, SocketRole.Connection).Value);
        Assert.False(poller.Add(1023, SocketRole.Connection).IsError);
        Assert.Equal(1, counters.DescriptorsRefused);
    });

    [Theory, InlineData(SelectCall.Select), InlineData(SelectCall.Pselect)]
    public void Wider_sets_hold_descriptors_beyond_FD_SETSIZE(SelectCall call) => OwnThread.Run(() =>
    {
        using SocketPair pair = new();
        using SafeFileHandle high = new(
            (int)SysResult.From(Fcntl.fcntl(pair.Descriptor, Fcntl.F_DUPFD_CLOEXEC, 1500)).ThrowIfError("fcntl"), ownsHandle: true);
        int descriptor = (int)high.DangerousGetHandle();
        Assert.InRange(descriptor, 1500, 2000);
        using SelectPoller poller = Pollers.Select(call, maxDescriptors: 4096);
        poller.Add(descriptor, SocketRole.Connection).ThrowIfError("add");
        poller.Arm(descriptor, Readiness.Readable);
        Ready[] ready = new Ready[4];
        Assert.Equal(0, poller.Wait(ready, 0).Value);
        pair.SendOne();
        Assert.Equal(1, poller.Wait(ready, 1000).Value);
        Assert.Equal(new Ready(descriptor, Readiness.Readable), ready[0]);
        poller.Remove(descriptor);
    });

    /// <summary>Clients come until their numbers no longer fit; the rest of the server does not notice.</summary>
    [Fact]
    public async Task A_server_at_its_limit_refuses_the_next_client_and_continues()
    {
        TransportUnderTest select = TransportCatalogue.Get("select");
        using SafeFileHandle probe = new((int)EventFd.Create(0).ThrowIfError("eventfd"), ownsHandle: true);
        int limit = (int)probe.DangerousGetHandle() + 120;
        TransportUnderTest limited = new("select", (web, settings) =>
        {
            select.Apply(web, settings);
            web.UseSelectTransport(options => (options.MaxDescriptors, options.LoopCount) = (limit, 1));
        });
        await using WebServer server = await WebServer.StartAsync(limited, TestApp.HelloAsync);
        List<RawClient> served = [];
        try
        {
            // A descriptor that an earlier test left to the finalizer may be closed meanwhile. Whoever gets its number is served.
            for (int refused = 0; refused < 2;)
            {
                if (await TryAskAsync(server) is { } client)
                {
                    served.Add(client);
                    Assert.True(served.Count < 400, "Nobody was refused.");
                }
                else
                {
                    refused++;
                }
            }

            Assert.NotEmpty(served);
            await server.Logs.WaitForAsync(limited.LogCategory, 140);
            Assert.Single(server.Logs.Entries, entry => entry.Id.Id == 140);
            Assert.True(await AskAsync(served[0]));
            served.ForEach(client => client.Dispose());
            served.Clear();
            await Deadline.Until(() => CanAskAsync(server).GetAwaiter().GetResult(), () => "nobody is served any more");
        }
        finally
        {
            served.ForEach(client => client.Dispose());
        }
    }

    private static async Task<bool> CanAskAsync(WebServer server)
    {
        using RawClient? client = await TryAskAsync(server);
        return client is not null;
    }

    private static async Task<RawClient?> TryAskAsync(WebServer server)
    {
        RawClient client;
        try
        {
            client = await server.ConnectAsync();
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Refused before the connect had returned.
            return null;
        }

        if (await AskAsync(client))
        {
            return client;
        }

        client.Dispose();
        return null;
    }

    private static async Task<bool> AskAsync(RawClient client)
    {
        try
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
            return await client.ReceiveAsync(new byte[4096]) > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
