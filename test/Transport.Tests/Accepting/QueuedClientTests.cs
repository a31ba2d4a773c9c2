using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Transport.Tests.Accepting;

/// <summary>Clients that were there before the transport: on a socket that listens already, as systemd hands it over.</summary>
public class QueuedClientTests
{
    [Theory, Transports(Variants = true, NotOnSockets = "it asks for the address after accept, and gives null or throws")]
    public async Task The_address_of_a_disconnected_client_is_known(TransportUnderTest transport)
    {
        using Socket listening = Listen();
        RawClient client = await RawClient.ConnectAsync(listening.LocalEndPoint!);
        EndPoint address = client.Socket.LocalEndPoint!;
        client.Reset();
        await using BareListener listener = await BareListener.BindAsync(transport, settings: Use(listening));
        await using ConnectionContext server = await listener.AcceptAsync();
        Assert.Equal(address, server.RemoteEndPoint);
    }

    [Theory]
    [Transports(true, Variants = true), Transports(false)]
    public async Task NoDelay_applies_to_clients_that_connected_before_the_option_was_set(TransportUnderTest transport, bool noDelay)
    {
        using Socket listening = Listen();
        using RawClient early = await RawClient.ConnectAsync(listening.LocalEndPoint!);
        await using BareListener listener = await BareListener.BindAsync(transport, settings: Use(listening) with { NoDelay = noDelay });
        await using ConnectionContext first = await listener.AcceptAsync();
        Assert.Equal(early.Socket.LocalEndPoint, first.RemoteEndPoint);
        Assert.Equal(noDelay, first.Features.Get<IConnectionSocketFeature>()!.Socket.NoDelay);
        await using BareListener.Pair later = await listener.ConnectAsync();
        Assert.Equal(noDelay, later.Server.Features.Get<IConnectionSocketFeature>()!.Socket.NoDelay);
    }

    private static Socket Listen()
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen(16);
        return socket;
    }

    private static TransportSettings Use(Socket listening) => new() { CreateBoundListenSocket = _ => listening };
}
