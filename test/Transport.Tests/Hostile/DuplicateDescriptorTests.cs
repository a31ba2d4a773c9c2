using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Transport.Core.Interop.Sockets;

namespace Transport.Tests.Hostile;

/// <summary>A duplicate of a connection's descriptor outlives the connection, as in a process that is just being started.</summary>
[Trait("Category", "Hostile")]
public sealed class DuplicateDescriptorTests
{
    /// <summary>The kernel may report events of it, under a number that other connections have by then.</summary>
    [Theory, Transports(Variants = true)]
    public async Task What_happens_to_the_duplicate_disturbs_no_other_connection(TransportUnderTest transport)
    {
        int duplicate = -1;
        await using WebServer server = await WebServer.StartAsync(transport, context =>
        {
            if (context.Request.Path == "/duplicate")
            {
                Socket socket = context.Features.Get<IConnectionSocketFeature>()!.Socket;
                duplicate = (int)SocketCalls.Duplicate((int)socket.Handle).ThrowIfError("fcntl(F_DUPFD_CLOEXEC)");
                context.Response.Headers.Connection = "close";
            }

            return TestApp.HelloAsync(context);
        }, new TransportSettings { LoopCount = 1 });
        try
        {
            using RawClient first = await server.ConnectAsync();
            Assert.Equal(200, (await first.GetAsync("/duplicate")).Status);
            Assert.Empty(await first.ReceiveToEndAsync());

            for (int i = 0; i < 20; i++)
            {
                using RawClient other = await server.ConnectAsync();
                Assert.Equal(200, (await other.GetAsync("/")).Status);
                await SendIgnoringResetAsync(first);
                Assert.Equal(200, (await other.GetAsync("/")).Status);
            }
        }
        finally
        {
            SocketCalls.Close(duplicate);
        }
    }

    private static async Task SendIgnoringResetAsync(RawClient client)
    {
        try
        {
            await client.SendAsync("nobody reads this");
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            // The server has shut down both directions.
        }
    }
}
