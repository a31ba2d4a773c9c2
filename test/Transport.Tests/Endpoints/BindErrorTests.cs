using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Transport.Tests.Endpoints;

/// <summary>
/// What a bind that cannot be says: AddressInUseException for EADDRINUSE, SocketException for the rest, never IOException.
/// </summary>
public class BindErrorTests
{
    [Theory, Transports(Variants = true)]
    public async Task A_second_instance_on_the_port_gets_address_in_use(TransportUnderTest transport)
    {
        await using BareListener first = await BareListener.BindAsync(transport);
        AddressInUseException exception =
            await Assert.ThrowsAsync<AddressInUseException>(() => BareListener.BindAsync(transport, first.Listener.EndPoint));
        Assert.Equal(SocketError.AddressAlreadyInUse, Assert.IsAssignableFrom<SocketException>(exception.InnerException).SocketErrorCode);
        await using BareListener.Pair pair = await first.ConnectAsync();
        await pair.Server.WriteAsync("first");
        Assert.Equal("first", await pair.Client.ReceiveTextAsync(5));
    }

    [Theory]
    [Transports(false), Transports(true)]
    public async Task A_port_of_another_process_is_in_use(TransportUnderTest transport, bool reusePort)
    {
        Assert.SkipWhen(CCompiler.Unavailable is not null, CCompiler.Unavailable ?? "");
        using PortHolder holder = await PortHolder.StartAsync(reusePort);
        await Assert.ThrowsAsync<AddressInUseException>(()
            => BareListener.BindAsync(transport, new IPEndPoint(IPAddress.Loopback, holder.Port)));
        // The unspecified address overlaps with the loopback address that is taken.
        await Assert.ThrowsAsync<AddressInUseException>(()
            => BareListener.BindAsync(transport, new IPEndPoint(IPAddress.Any, holder.Port)));
    }

    [Theory, Transports]
    public async Task Another_process_cannot_bind_the_port_that_serves(TransportUnderTest transport)
    {
        Assert.SkipWhen(CCompiler.Unavailable is not null, CCompiler.Unavailable ?? "");
        await using BareListener listener = await BareListener.BindAsync(transport);
        InvalidOperationException exception = await Assert.ThrowsAsync<InvalidOperationException>(
            () => PortHolder.StartAsync(reusePort: false, ((IPEndPoint)listener.Listener.EndPoint).Port));
        Assert.Contains("Address already in use", exception.Message, StringComparison.Ordinal);
    }

    [Theory, Transports]
    public async Task Kestrel_says_that_the_address_is_in_use(TransportUnderTest transport)
    {
        await using BareListener first = await BareListener.BindAsync(transport);
        int port = ((IPEndPoint)first.Listener.EndPoint).Port;
        IOException exception = await Assert.ThrowsAsync<IOException>(
            () => WebServer.StartAsync(transport, TestApp.HelloAsync, listen: options => options.Listen(IPAddress.Loopback, port)));
        Assert.Contains("address already in use", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>The first Socket of a process starts a thread of the framework's, in a static constructor.</summary>
    [Theory, Transports(NotOnSockets = "it binds by the framework's code alone")]
    public async Task A_thread_that_the_system_refuses_is_reported_with_its_limit(TransportUnderTest transport)
    {
        TransportSettings settings = new()
        {
            Ours = options => options.CreateBoundListenSocket =
                _ => throw new TypeInitializationException("System.Net.Sockets.SocketAsyncEngine", new OutOfMemoryException()),
        };
        IOException error = await Assert.ThrowsAsync<IOException>(() => BareListener.BindAsync(transport, settings: settings));
        Assert.Contains("the system does not allow the process another thread", error.Message, StringComparison.Ordinal);
        Assert.Contains("RLIMIT_NPROC (ulimit -u) is ", error.Message, StringComparison.Ordinal);
    }

    [Theory, Transports]
    public async Task A_foreign_address_is_a_socket_exception(TransportUnderTest transport)
    {
        SocketException exception = await Assert.ThrowsAnyAsync<SocketException>(
            () => BareListener.BindAsync(transport, new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0)));
        Assert.Equal(SocketError.AddressNotAvailable, exception.SocketErrorCode);
    }

    [Theory, Transports]
    public async Task An_unsupported_kind_of_endpoint_is_refused(TransportUnderTest transport)
    {
        await Assert.ThrowsAnyAsync<Exception>(() => BareListener.BindAsync(transport, new DnsEndPoint("localhost", 0)));
        InvalidOperationException exception = await Assert.ThrowsAsync<InvalidOperationException>(
            () => WebServer.StartAsync(transport, TestApp.HelloAsync,
                listen: options => options.Listen(new DnsEndPoint("localhost", 5000))));
        Assert.Contains("No registered IConnectionListenerFactory supports endpoint", exception.Message, StringComparison.Ordinal);
    }

    [Theory, Transports]
    public async Task A_failed_bind_leaves_nothing_open(TransportUnderTest transport)
    {
        await FailToBindAsync(transport, times: 1);
        LeakCheck before = new LeakCheck();
        await FailToBindAsync(transport, times: 20);

        await before.NothingLeakedAsync();
    }

    [Theory, Transports]
    public async Task The_applications_own_listen_socket_is_used(TransportUnderTest transport)
    {
        Socket? made = null;
        TransportSettings settings = new TransportSettings
        {
            CreateBoundListenSocket = endPoint =>
            {
                made = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                made.Bind(endPoint);
                return made;
            },
        };
        await using BareListener listener = await BareListener.BindAsync(transport, settings: settings);
        Assert.NotNull(made);
        Assert.Equal(made.LocalEndPoint, listener.Listener.EndPoint);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        await pair.Server.WriteAsync("mine");
        Assert.Equal("mine", await pair.Client.ReceiveTextAsync(4));
    }

    [Theory, Transports]
    public async Task An_exception_of_the_applications_hook_is_passed_on(TransportUnderTest transport)
    {
        TransportSettings settings = new TransportSettings { CreateBoundListenSocket = _ => throw new InvalidTimeZoneException("hook") };
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => BareListener.BindAsync(transport, settings: settings));
    }

    private static async Task FailToBindAsync(TransportUnderTest transport, int times)
    {
        await using BareListener first = await BareListener.BindAsync(transport);
        for (int i = 0; i < times; i++)
        {
            await Assert.ThrowsAsync<AddressInUseException>(() => BareListener.BindAsync(transport, first.Listener.EndPoint));
        }
    }
}
