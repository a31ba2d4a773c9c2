using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Transport.Tests.Logging;

/// <summary>Kestrel's events keep their numbers, names and levels, in the transport's own category.</summary>
public class LogTests
{
    [Theory, Transports]
    public async Task Fin_is_6_and_the_end_of_writing_is_7(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        pair.Client.ShutdownSend();
        Is(await listener.Logs.WaitForAsync(transport.LogCategory, 6, pair.Server.ConnectionId), "ConnectionReadFin");
        await pair.Server.DisposeAsync();
        LogEntry fin = await listener.Logs.WaitForAsync(transport.LogCategory, 7, pair.Server.ConnectionId);
        Is(fin, "ConnectionWriteFin");
        Assert.Contains("send loop completed gracefully", fin.Message, StringComparison.Ordinal);
    }

    [Theory, Transports]
    public async Task Abort_is_8_with_its_reason(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        pair.Server.Abort(new ConnectionAbortedException("the reason"));
        LogEntry entry = await listener.Logs.WaitForAsync(transport.LogCategory, 8, pair.Server.ConnectionId);
        Is(entry, "ConnectionWriteRst");
        Assert.Contains("the reason", entry.Message, StringComparison.Ordinal);
    }

    [Theory, Transports]
    public async Task A_peers_reset_is_19(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        pair.Client.Reset();
        Is(await listener.Logs.WaitForAsync(transport.LogCategory, 19, pair.Server.ConnectionId), "ConnectionReset");
    }

    [Theory, Transports]
    public async Task Completing_the_output_with_an_error_is_14_and_8(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        InvalidOperationException error = new InvalidOperationException("the application's own");
        await pair.Server.Transport.Output.CompleteAsync(error);
        LogEntry entry = await listener.Logs.WaitForAsync(transport.LogCategory, 14, pair.Server.ConnectionId);
        Is(entry, "ConnectionError");
        Assert.Same(error, entry.Exception);
        Is(await listener.Logs.WaitForAsync(transport.LogCategory, 8, pair.Server.ConnectionId), "ConnectionWriteRst");
    }

    [Theory, Transports]
    public async Task A_pause_is_4_and_its_end_is_5(TransportUnderTest transport)
    {
        await using BareListener listener =
            await BareListener.BindAsync(transport, settings: new TransportSettings { MaxReadBufferSize = 100 });
        await using BareListener.Pair pair = await listener.ConnectAsync();
        await pair.Client.SendAsync(new byte[5000]);
        Is(await listener.Logs.WaitForAsync(transport.LogCategory, 4, pair.Server.ConnectionId), "ConnectionPause");
        await pair.Server.ReadTextAsync(5000);
        Is(await listener.Logs.WaitForAsync(transport.LogCategory, 5, pair.Server.ConnectionId), "ConnectionResume");
    }

    /// <summary>One busy client after another, and none of it is worth more than a debug line.</summary>
    [Theory, Transports]
    public async Task Nothing_that_a_peer_does_is_logged_above_debug(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.HelloAsync);
        for (int i = 0; i < 20; i++)
        {
            RawClient client = await server.ConnectAsync();
            await client.SendAsync("GET / HTTP/1.1\r\nHost: test\r\n\r\nGARBAGE\0\r\n\r\n");
            if (i % 2 == 0)
            {
                client.Reset();
            }
            else
            {
                await client.DrainAsync();
            }

            client.Dispose();
        }
        await server.StopAsync();
        Assert.DoesNotContain(server.Logs.Entries,
            entry => entry.Category == transport.LogCategory && entry.Level > LogLevel.Debug);
    }

    private static void Is(LogEntry entry, string name)
    {
        Assert.Equal(name, entry.Id.Name);
        Assert.Equal(LogLevel.Debug, entry.Level);
    }
}
