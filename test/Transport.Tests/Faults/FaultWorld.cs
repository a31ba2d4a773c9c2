using Microsoft.AspNetCore.Connections;
using Transport.Tests.Metrics;

namespace Transport.Tests.Faults;

/// <summary>
/// An echo server with one loop, a witness that is connected before anything goes wrong, and the property of every row: everybody but
/// the victim is answered before, during and after, and nothing is left behind.
/// </summary>
internal sealed class FaultWorld : IAsyncDisposable
{
    public const string NotOnSockets = "its calls do not go through the shim";

    private readonly LeakCheck _leaks;
    private readonly RawClient _witness;

    private FaultWorld(WebServer server, RawClient witness, LeakCheck leaks)
        => (Server, _witness, _leaks, Meter) = (server, witness, leaks, new MeterReader(server.Application.Services));

    public WebServer Server { get; }
    public MeterReader Meter { get; }

    public static async Task<FaultWorld> StartAsync(TransportUnderTest transport, Func<ConnectionContext, Task>? handler = null,
        int loops = 1)
    {
        await using (WebServer first = await WebServer.StartRawAsync(transport, connection => connection.EchoAsync()))
        using (RawClient client = await first.ConnectAsync())
        {
            await EchoAsync(client);
        }

        LeakCheck leaks = new LeakCheck();
        WebServer server = await WebServer.StartRawAsync(transport, handler ?? (connection => connection.EchoAsync()),
            new TransportSettings { LoopCount = loops });
        RawClient witness = await server.ConnectAsync();
        await EchoAsync(witness);
        return new FaultWorld(server, witness, leaks);
    }

    /// <summary>The one who was there before.</summary>
    public Task WitnessIsAnsweredAsync() => EchoAsync(_witness);

    /// <summary>The witness, and some who come now.</summary>
    public async Task EverybodyIsAnsweredAsync()
    {
        await WitnessIsAnsweredAsync();
        for (int i = 0; i < 4; i++)
        {
            using RawClient client = await Server.ConnectAsync();
            await EchoAsync(client);
        }
    }

    public static async Task EchoAsync(RawClient client)
    {
        await client.SendAsync("are you there?");
        Assert.Equal("are you there?", await client.ReceiveTextAsync(14));
    }

    public async ValueTask DisposeAsync()
    {
        await EverybodyIsAnsweredAsync();
        _witness.Dispose();
        await Meter.ReachesAsync("transport.connections", 0);
        Meter.Dispose();
        await Server.DisposeAsync();
        await Server.Pools.AllReturnedAsync();
        await _leaks.NothingLeakedAsync();
    }
}
