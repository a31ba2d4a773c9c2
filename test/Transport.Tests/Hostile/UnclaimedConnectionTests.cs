using Microsoft.AspNetCore.Connections;

namespace Transport.Tests.Hostile;

/// <summary>
/// The server has stopped asking for connections: what has been accepted for it is bounded, the kernel's backlog holds the rest.
/// </summary>
[Trait("Category", "Hostile")]
public class UnclaimedConnectionTests
{
    /// <summary>Backlog, or 64 if that is more.</summary>
    private const int Limit = 64;
    private const int Clients = Limit + 50;

    [Theory, Transports(Variants = true, NotOnSockets = "it accepts only when it is asked")]
    public async Task Accepting_pauses_until_the_server_accepts_again(TransportUnderTest transport)
    {
        await using BareListener listener =
            await BareListener.BindAsync(transport, settings: new TransportSettings { LoopCount = 1, Backlog = Limit });
        List<RawClient> clients = [];
        for (int i = 0; i < Clients; i++)
        {
            clients.Add(await RawClient.ConnectAsync(listener.EndPoint));
        }

        LogEntry pause = await listener.Logs.WaitForAsync(transport.LogCategory, 100);
        Assert.Contains("64 accepted connections", pause.Message, StringComparison.Ordinal);
        for (int i = 0; i < Clients; i++)
        {
            await using ConnectionContext server = await listener.AcceptAsync();
            await server.WriteAsync("x");
        }

        foreach (RawClient client in clients)
        {
            Assert.Equal("x", await client.ReceiveTextAsync(1));
            client.Dispose();
        }
    }
}
