using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Transport.Tests.Endpoints;

/// <summary>A descriptor that somebody else made, as systemd hands it over.</summary>
public class FileHandleEndpointTests
{
    [Theory]
    [Transports(FileHandleType.Auto), Transports(FileHandleType.Tcp)]
    public async Task A_bound_socket_is_served_and_remains_its_owners(TransportUnderTest transport, FileHandleType type)
    {
        using Socket owned = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        owned.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        ulong handle = (ulong)owned.SafeHandle.DangerousGetHandle();
        await using (BareListener listener = await BareListener.BindAsync(transport, new FileHandleEndPoint(handle, type)))
        {
            Assert.Equal(owned.LocalEndPoint, listener.Listener.EndPoint);
            await using BareListener.Pair pair = await listener.ConnectAsync();
            await pair.Server.WriteAsync("inherited");
            Assert.Equal("inherited", await pair.Client.ReceiveTextAsync(9));
        }
        // Still open, and still listening: its owner may hand it to the next process.
        using RawClient after = await RawClient.ConnectAsync(owned.LocalEndPoint!);
        owned.Listen();   // .NET wants to have called it too, before it accepts
        using Socket accepted = await owned.AcceptAsync(Deadline.Token);
        Assert.Equal(after.Socket.LocalEndPoint, accepted.RemoteEndPoint);
    }

    [Theory, Transports]
    public async Task A_unix_socket_by_handle_keeps_its_file(TransportUnderTest transport)
    {
        string path = Path.Combine(Path.GetTempPath(), "transport-test-" + Guid.NewGuid().ToString("N"));
        using Socket owned = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        owned.Bind(new UnixDomainSocketEndPoint(path));
        await using (BareListener listener = await BareListener.BindAsync(transport,
            new FileHandleEndPoint((ulong)owned.SafeHandle.DangerousGetHandle(), FileHandleType.Pipe)))
        {
            using RawClient client = await RawClient.ConnectAsync(new UnixDomainSocketEndPoint(path));
            await using ConnectionContext server = await listener.AcceptAsync();
            await server.WriteAsync("x");
            Assert.Equal("x", await client.ReceiveTextAsync(1));
        }
        Assert.True(File.Exists(path));
    }

    [Theory, Transports]
    public async Task A_handle_that_is_not_a_socket_is_a_socket_exception(TransportUnderTest transport)
    {
        using FileStream file = File.OpenRead("/dev/null");
        ulong handle = (ulong)file.SafeFileHandle.DangerousGetHandle();
        await Assert.ThrowsAnyAsync<SocketException>(()
            => BareListener.BindAsync(transport, new FileHandleEndPoint(handle, FileHandleType.Auto)));
    }
}
