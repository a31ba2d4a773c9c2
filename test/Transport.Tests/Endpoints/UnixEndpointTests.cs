using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Transport.Tests.Endpoints;

/// <summary>Unix sockets: by path, and abstract.</summary>
public sealed class UnixEndpointTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("transport-test-").FullName;

    private string PathOf(string name) => Path.Combine(_folder, name);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, Transports(Variants = true)]
    public async Task A_path_serves_and_its_file_goes_with_the_listener(TransportUnderTest transport)
    {
        string path = PathOf("s");
        await using (BareListener listener = await BareListener.BindAsync(transport, new UnixDomainSocketEndPoint(path)))
        {
            await using BareListener.Pair pair = await listener.ConnectAsync();
            await pair.Client.SendAsync("over the path");
            Assert.Equal("over the path", await pair.Server.ReadTextAsync(13));
            Assert.Equal(path, pair.Server.LocalEndPoint!.ToString());
            Assert.Equal("", Assert.IsType<UnixDomainSocketEndPoint>(pair.Server.RemoteEndPoint).ToString());
            Assert.True(File.Exists(path));
        }
        Assert.False(File.Exists(path));
    }

    [Theory, Transports]
    public async Task An_abstract_name_serves(TransportUnderTest transport)
    {
        UnixDomainSocketEndPoint endPoint = new UnixDomainSocketEndPoint("\0transport-test-" + Guid.NewGuid().ToString("N"));
        await using BareListener listener = await BareListener.BindAsync(transport, endPoint);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        await pair.Server.WriteAsync("abstract");
        Assert.Equal("abstract", await pair.Client.ReceiveTextAsync(8));
    }

    [Theory, Transports]
    public async Task A_stale_file_is_address_in_use_and_is_left_alone(TransportUnderTest transport)
    {
        string path = PathOf("stale");
        using (Socket dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            // Bound by another's hand, which did not clean up: .NET unlinks only what it bound itself.
            File.WriteAllText(path, "");
            Assert.False(dead.IsBound);
        }
        await Assert.ThrowsAsync<AddressInUseException>(() => BareListener.BindAsync(transport, new UnixDomainSocketEndPoint(path)));
        Assert.True(File.Exists(path));
    }

    [Theory, Transports]
    public async Task A_second_listener_on_the_path_is_refused_and_does_not_harm_the_first(TransportUnderTest transport)
    {
        string path = PathOf("twice");
        await using BareListener first = await BareListener.BindAsync(transport, new UnixDomainSocketEndPoint(path));
        await Assert.ThrowsAsync<AddressInUseException>(() => BareListener.BindAsync(transport, new UnixDomainSocketEndPoint(path)));
        Assert.True(File.Exists(path));
        await using BareListener.Pair pair = await first.ConnectAsync();
        await pair.Server.WriteAsync("first");
        Assert.Equal("first", await pair.Client.ReceiveTextAsync(5));
    }

    [Theory, Transports]
    public async Task A_missing_folder_is_a_socket_exception_that_names_it(TransportUnderTest transport)
    {
        SocketException error = await Assert.ThrowsAnyAsync<SocketException>(
            () => BareListener.BindAsync(transport, new UnixDomainSocketEndPoint(PathOf("nowhere/s"))));
        Assert.Equal(SocketError.AddressNotAvailable, error.SocketErrorCode);
        if (!transport.IsOracle)
        {
            Assert.Contains(PathOf("nowhere"), error.Message, StringComparison.Ordinal);
        }
    }

    [Theory, Transports(Variants = true)]
    public async Task Http_over_a_unix_socket(TransportUnderTest transport)
    {
        string path = PathOf("http");
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.RouteAsync,
            listen: options => options.ListenUnixSocket(path));
        using RawClient client = await RawClient.ConnectAsync(new UnixDomainSocketEndPoint(path));
        Assert.Equal(TestApp.PatternBytes(500_000), (await client.GetAsync("/bytes/500000")).Body);
    }

    [Theory, Transports]
    public async Task Reset_and_fin_of_a_unix_client(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport, new UnixDomainSocketEndPoint(PathOf("end")));
        await using (BareListener.Pair pair = await listener.ConnectAsync())
        {
            await pair.Client.SendAsync("bye");
            pair.Client.Dispose();
            Assert.Equal("bye", await pair.Server.ReadToEndAsync());
        }
        await using (BareListener.Pair pair = await listener.ConnectAsync())
        {
            await pair.Server.DisposeAsync();
            Assert.Empty(await pair.Client.ReceiveToEndAsync());
        }
    }
}
