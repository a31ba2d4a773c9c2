using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Transport.Core.Listening;
using Transport.Core.Systemd;
using Transport.Epoll;
using Transport.Tests.Hostile;

namespace Transport.Tests.LifeCycle;

/// <summary>
/// Restarts of a service whose listening sockets systemd keeps, in its file descriptor store or by a socket unit: the process ends before
/// the next one starts, and no request fails.
/// </summary>
public sealed class SystemdTests : IDisposable
{
    private const int Restarts = 3;

    private static readonly int s_requests = RestartClients.Requests(2000);

    private readonly string _folder = Directory.CreateTempSubdirectory("systemd-").FullName;

    private string UnixPath => Path.Combine(_folder, "app.sock");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [Transports(Model = "epoll"), Transports(Model = "poll"), Transports(Model = "select"), Transports(Model = "uring")]
    [Transports(Model = "rtsig"), Transports(Model = "busy")]
    public async Task No_request_fails_while_a_service_with_stored_sockets_restarts(TransportUnderTest transport)
    {
        await using ServiceManager manager = new(_folder);
        await RestartAsync(manager, transport, "store=true", "loops=2", "drain=30");
    }

    [Theory, Transports(Model = "epoll"), Transports(Model = "uring")]
    public async Task No_request_fails_while_a_service_with_a_socket_unit_restarts(TransportUnderTest transport)
    {
        await using ServiceManager manager = new(_folder);
        using Socket listening = Listening();
        manager.AddSocket("http", listening);
        await RestartAsync(manager, transport, "systemd=true", "loops=2", "drain=30");
    }

    /// <summary>The client connects while no process runs, and waits in the backlog. The first process was killed.</summary>
    [Theory, Transports(Model = "epoll"), Transports(Model = "uring")]
    public async Task A_client_that_connects_after_a_crash_is_served_by_the_next_process(TransportUnderTest transport)
    {
        await using ServiceManager manager = new(_folder);
        HostProcess first = await manager.StartAsync(transport, "store=true", "loops=1", $"unix={UnixPath}");
        await Deadline.Until(() => manager.Stored.Length == 2, () => string.Join('\n', manager.Messages));
        await first.DisposeAsync(); // SIGKILL
        using RawClient tcp = await RawClient.ConnectAsync(first.EndPoint);
        using RawClient unix = await RawClient.ConnectAsync(new UnixDomainSocketEndPoint(UnixPath));
        await using HostProcess second = await manager.StartAsync(transport, "store=true", "loops=1", $"unix={UnixPath}");
        Assert.Equal(first.EndPoint, second.EndPoint);
        Assert.Equal(second.Id.ToString(CultureInfo.InvariantCulture), (await tcp.GetAsync("/process")).Text);
        Assert.Equal(second.Id.ToString(CultureInfo.InvariantCulture), (await unix.GetAsync("/process")).Text);
        Assert.Contains("Took 127.0.0.1:", second.Output, StringComparison.Ordinal);
    }

    [Theory, Transports(Model = "epoll")]
    public async Task Systemd_gives_up_the_sockets_of_an_end_point_that_the_next_process_does_not_have(TransportUnderTest transport)
    {
        await using ServiceManager manager = new(_folder);
        HostProcess first = await manager.StartAsync(transport, "store=true", "loops=1", $"unix={UnixPath}");
        await Deadline.Until(() => manager.Stored.Length == 2, () => string.Join('\n', manager.Messages));
        Assert.Equal(0, await first.StopAsync());
        await using HostProcess second = await manager.StartAsync(transport, "store=true", "loops=1");
        await Deadline.Until(() => manager.Stored.Length == 1, () => string.Join('\n', manager.Messages));
        Assert.Equal([StoredName.Of(new IPEndPoint(IPAddress.Loopback, 0))], manager.Stored);
        string unused = $"unix:{UnixPath} is in systemd's file descriptor store, and is not an end point";
        Assert.Contains(unused, second.Output, StringComparison.Ordinal);
        await Deadline.Until(() => Refuses(new UnixDomainSocketEndPoint(UnixPath)), () => "The socket still listens.");
    }

    /// <summary>After "systemctl stop" systemd's store is empty, and the file of the Unix socket is left.</summary>
    [Theory, Transports(Model = "epoll")]
    public async Task A_service_starts_after_its_store_was_emptied(TransportUnderTest transport)
    {
        await using (ServiceManager manager = new(_folder))
        {
            await using HostProcess first = await manager.StartAsync(transport, "store=true", $"unix={UnixPath}");
            await Deadline.Until(() => manager.Stored.Length > 1, () => string.Join('\n', manager.Messages));
            Assert.Equal(0, await first.StopAsync());
        }

        File.Delete(Path.Combine(_folder, "notify"));
        Assert.True(File.Exists(UnixPath));
        await using ServiceManager later = new(_folder);
        await using HostProcess second = await later.StartAsync(transport, "store=true", $"unix={UnixPath}");
        using RawClient client = await RawClient.ConnectAsync(new UnixDomainSocketEndPoint(UnixPath));
        Assert.Equal("Hello, World!", (await client.GetAsync("/")).Text);
    }

    /// <summary>Its file looks like that of a stale socket to connect(2), which fails with ECONNREFUSED alike.</summary>
    [Theory, Transports(Model = "epoll")]
    public async Task A_file_at_the_path_of_a_unix_socket_is_not_deleted(TransportUnderTest transport)
    {
        await File.WriteAllTextAsync(UnixPath, "not a socket");
        await using ServiceManager manager = new(_folder);
        await Assert.ThrowsAsync<InvalidOperationException>(() => manager.StartAsync(transport, "store=true", $"unix={UnixPath}"));
        Assert.Equal("not a socket", await File.ReadAllTextAsync(UnixPath));
    }

    [Theory, Transports(Model = "epoll")]
    public async Task A_store_that_is_too_small_causes_a_warning(TransportUnderTest transport)
    {
        await using ServiceManager manager = new(_folder) { Capacity = 2 };
        await using HostProcess host = await manager.StartAsync(transport, "store=true", "loops=3");
        const string Full = "3 listening sockets do not fit into systemd's file descriptor store, which takes 2";
        await Deadline.Until(() => host.Output.Contains(Full, StringComparison.Ordinal), () => host.Output);
    }

    /// <summary>KestrelServerOptions.UseSystemd takes every descriptor that is passed for an end point.</summary>
    [Theory, Transports(Model = "epoll")]
    public async Task UseSystemd_beside_the_store_fails_the_start_and_leaves_the_sockets_stored(TransportUnderTest transport)
    {
        await using ServiceManager manager = new(_folder);
        await using (HostProcess first = await manager.StartAsync(transport, "store=and systemd", "loops=1"))
        {
            await Deadline.Until(() => manager.Stored.Length == 1, () => string.Join('\n', manager.Messages));
            Assert.Equal(0, await first.StopAsync());
        }

        InvalidOperationException failure =
            await Assert.ThrowsAsync<InvalidOperationException>(() => manager.StartAsync(transport, "store=and systemd", "loops=1"));
        Assert.Contains("Remove KestrelServerOptions.UseSystemd()", failure.Message, StringComparison.Ordinal);
        Assert.Single(manager.Stored);
    }

    /// <summary>The address must be free before systemd has closed its duplicate, which this one never does by itself.</summary>
    [Theory, Transports(Model = "epoll")]
    public async Task The_next_process_may_bind_a_stored_address_by_Sockets(TransportUnderTest transport)
    {
        await using ServiceManager manager = new(_folder);
        IPEndPoint tcp = FreeEndPoint();
        string[] arguments = ["store=true", "loops=2", $"also={tcp.Port}", $"unix={UnixPath}"];
        await using HostProcess first = await manager.StartAsync(transport, arguments);
        await Deadline.Until(() => manager.Stored.Length == 5, () => string.Join('\n', manager.Messages));
        Assert.Equal(0, await first.StopAsync());
        await using HostProcess second = await manager.StartAsync(transport, [.. arguments, "use=sockets"]);
        Assert.Contains("Kestrel:Transport:Use selects sockets", second.Output, StringComparison.Ordinal);
        foreach (EndPoint endPoint in (EndPoint[])[tcp, new UnixDomainSocketEndPoint(UnixPath)])
        {
            using RawClient client = await RawClient.ConnectAsync(endPoint);
            Assert.Equal(second.Id.ToString(CultureInfo.InvariantCulture), (await client.GetAsync("/process")).Text);
        }
    }

    /// <summary>As when the configuration changes: Kestrel may bind the address again before systemd has closed its duplicate.</summary>
    [Fact]
    public async Task An_end_point_that_is_unbound_while_the_host_continues_is_given_up()
    {
        await using ServiceManager manager = new(_folder);
        ApplicationLifetime lifetime = new(NullLogger<ApplicationLifetime>.Instance);
        using DescriptorStore store = new(name => name == "NOTIFY_SOCKET" ? manager.Path : null, lifetime, NullLogger.Instance);
        lifetime.NotifyStarted();
        EpollTransportOptions options = new() { LoopCount = 2 };
        IPEndPoint configured = new(IPAddress.Loopback, 0);
        ListenSocket socket = ListenSocket.Bind(configured, options, NullLogger.Instance);
        store.Offer(configured, socket);
        await Deadline.Until(() => manager.Stored.Length == 2, () => string.Join('\n', manager.Messages));
        store.Unbinding(socket);
        socket.Dispose();
        ListenSocket.Bind(socket.EndPoint, options, NullLogger.Instance).Dispose();
        await Deadline.Until(() => manager.Stored.Length == 0, () => string.Join('\n', manager.Messages));
    }

    [Theory, Transports(Model = "epoll")]
    public async Task Without_systemd_the_option_has_no_effect(TransportUnderTest transport)
    {
        await using HostProcess host = await HostProcess.StartAsync(
            ["env", "-u", "NOTIFY_SOCKET"], transport, descriptorLimit: 4096, "store=true", $"unix={UnixPath}");
        Assert.Contains("SystemdFileDescriptorStore has no effect", host.Output, StringComparison.Ordinal);
        Assert.Equal(0, await host.StopAsync());
        Assert.False(File.Exists(UnixPath));
    }

    [Theory, Transports(Model = "blocking")]
    public async Task A_transport_that_resets_waiting_clients_refuses_the_option(TransportUnderTest transport)
    {
        await using ServiceManager manager = new(_folder);
        InvalidOperationException failure =
            await Assert.ThrowsAsync<InvalidOperationException>(() => manager.StartAsync(transport, "store=true"));
        Assert.Contains("SystemdFileDescriptorStore is true; allowed on this transport: false", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7", "2", "a:b", "3=a 4=b")]
    [InlineData("7", "2", "a:", "3=a 4=")]
    [InlineData("7", "2", "a", "3=unknown 4=unknown")]
    [InlineData("7", "1", null, "3=unknown")]
    [InlineData("8", "2", "a:b", "")]
    [InlineData(null, "2", "a:b", "")]
    [InlineData("7", "0", "", "")]
    [InlineData("7", "-1", "a", "")]
    [InlineData("7", "2147483647", "a", "")]
    [InlineData("7", "two", "a:b", "")]
    public void Passed_descriptors_are_those_of_this_process(string? pid, string? count, string? names, string expected)
    {
        IReadOnlyList<PassedDescriptor> passed = PassedDescriptors.Parse(
            name => name switch { "LISTEN_PID" => pid, "LISTEN_FDS" => count, "LISTEN_FDNAMES" => names, _ => null }, processId: 7);
        Assert.Equal(expected, string.Join(' ', passed.Select(static entry => $"{entry.Descriptor}={entry.Name}")));
    }

    [Theory]
    [InlineData("127.0.0.1:5000")]
    [InlineData("[::1]:5000")]
    public void Names_in_the_store_are_allowed_by_systemd_and_readable_again(string endPoint)
    {
        string name = StoredName.Of(IPEndPoint.Parse(endPoint));
        Assert.DoesNotContain(name, static character => character is ':' or <= ' ' or > '~');
        Assert.True(StoredName.IsOne(name));
        Assert.Equal(endPoint, StoredName.EndPointOf(name));
    }

    private static IPEndPoint FreeEndPoint()
    {
        using Socket socket = Listening();
        return (IPEndPoint)socket.LocalEndPoint!;
    }

    private static Socket Listening()
    {
        Socket listening = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen(512);
        return listening;
    }

    private static async Task RestartAsync(ServiceManager manager, TransportUnderTest transport, params string[] arguments)
    {
        HostProcess serving = await manager.StartAsync(transport, arguments);
        IPEndPoint endPoint = serving.EndPoint;
        try
        {
            await using RestartClients clients = RestartClients.Start(endPoint);
            for (int i = 1; i <= Restarts; i++)
            {
                await clients.ServedAsync(s_requests * i / (Restarts + 1), () => manager.Stored.Length > 0);
                Assert.Equal(0, await serving.StopAsync());
                await serving.DisposeAsync();
                serving = await manager.StartAsync(transport, arguments);
                Assert.Equal(endPoint, serving.EndPoint);
            }

            await clients.ServedAsync(s_requests);
        }
        finally
        {
            await serving.DisposeAsync();
        }
    }

    private static bool Refuses(EndPoint endPoint)
    {
        using Socket socket = new(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(endPoint);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
