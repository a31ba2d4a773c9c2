using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Transport.Core.Interop.Sockets;
using Transport.Tests.Endpoints;
using Transport.Tests.Metrics;

namespace Transport.Tests.Hostile;

/// <summary>SO_REUSEPORT lets every process of the same user join a port: here it gets no clients.</summary>
[Trait("Category", "Hostile")]
public class PortSharingTests
{
    private const int Clients = 2000;
    private const string NotOnSockets = "it does not set SO_REUSEPORT";

    [Theory, Transports(NotOnSockets = NotOnSockets)]
    public async Task A_process_that_binds_the_port_gets_no_clients(TransportUnderTest transport)
    {
        await using WebServer server = await StartAsync(transport);
        using MeterReader meter = new(server.Application.Services);
        using (PortHolder foreign = await PortHolder.StartAsync(reusePort: true, server.EndPoint.Port))
        {
            await EverybodyIsServedAsync(server.EndPoint);
        }

        // And the spread is even: with 2,000 random choices of two, fewer than 800 for one is some nine standard deviations away.
        Assert.Equal(2, meter.Read("transport.accepts").Count);
        Assert.All(meter.Read("transport.accepts"), loop => Assert.InRange(loop.Value, 800, 1200));
        await EverybodyIsServedAsync(server.EndPoint, 20);
    }

    [Theory, Transports(NotOnSockets = NotOnSockets)]
    public async Task A_socket_that_joins_a_dual_mode_port_gets_no_clients_of_either_family(TransportUnderTest transport)
    {
        await using WebServer server = await StartAsync(transport, IPAddress.IPv6Any);
        int port = server.Address.Port;
        using Socket foreign = new(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        SocketCalls.SetReusePort((int)foreign.SafeHandle.DangerousGetHandle(), on: true).ThrowIfError("SO_REUSEPORT");
        foreign.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
        foreign.Listen(16);
        await EverybodyIsServedAsync(new IPEndPoint(IPAddress.Loopback, port), 200);
        await EverybodyIsServedAsync(new IPEndPoint(IPAddress.IPv6Loopback, port), 200);
    }

    private static Task<WebServer> StartAsync(TransportUnderTest transport, IPAddress? address = null) => WebServer.StartAsync(
        transport,
        settings: new TransportSettings { LoopCount = 2 },
        listen: options => options.Listen(
            address ?? IPAddress.Loopback,
            0,
            endPoint => endPoint.Run(static async connection => await connection.Transport.Output.WriteAsync("x"u8.ToArray()))));

    /// <summary>A client that the foreign socket gets waits for its byte in vain.</summary>
    private static async Task EverybodyIsServedAsync(IPEndPoint endPoint, int clients = Clients)
    {
        for (int i = 0; i < clients; i++)
        {
            using RawClient client = await RawClient.ConnectAsync(endPoint);
            Assert.Equal("x", await client.ReceiveTextAsync(1));
        }
    }
}
