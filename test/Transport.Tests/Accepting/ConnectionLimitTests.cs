using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Transport.Core.Listening;
using Transport.Tests.Metrics;

namespace Transport.Tests.Accepting;

/// <summary>MaxConnections and MaxConnectionsPerAddress: a client beyond a limit is reset and counted, the others are served.</summary>
public class ConnectionLimitTests
{
    private const string OursOnly = "Kestrel's Sockets transport has no such limit";
    private static readonly IPAddress Other = IPAddress.Parse("127.0.0.2");

    [Theory, Transports(NotOnSockets = OursOnly)]
    public async Task An_address_at_its_limit_is_reset_and_others_are_served(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.HelloAsync, new TransportSettings
        {
            LoopCount = 2,
            Ours = options => options.MaxConnectionsPerAddress = 3,
        });
        using MeterReader meter = new(server.Application.Services);
        RawClient[] clients = [await ServedAsync(server), await ServedAsync(server), await ServedAsync(server)];
        await RefusedAsync(server);
        await RefusedAsync(server);
        await meter.ReachesAsync("transport.connections_refused", 2);
        using RawClient other = await ServedAsync(server, Other);
        LogEntry warning = Assert.Single(server.Logs.Entries, entry => entry.Id.Name == "ConnectionsRefused");
        Assert.Equal(LogLevel.Warning, warning.Level);
        Assert.Contains("MaxConnectionsPerAddress", warning.Message, StringComparison.Ordinal);

        // A connection that has ended makes room, by FIN and by RST.
        clients[0].Dispose();
        await meter.ReachesAsync("transport.connections", 3);
        clients[0] = await ServedAsync(server);
        clients[1].Reset();
        await meter.ReachesAsync("transport.connections", 3);
        clients[1] = await ServedAsync(server);
        await RefusedAsync(server);
        Array.ForEach(clients, client => client.Dispose());
    }

    [Theory, Transports(NotOnSockets = OursOnly)]
    public async Task The_transports_limit_counts_all_end_points_and_addresses(TransportUnderTest transport)
    {
        string path = Path.Combine(Path.GetTempPath(), $"transport-{Guid.NewGuid():N}.sock");
        await using WebServer server = await WebServer.StartAsync(
            transport,
            TestApp.HelloAsync,
            new TransportSettings { LoopCount = 2, Ours = options => options.MaxConnections = 3 },
            options =>
            {
                options.Listen(IPAddress.Loopback, 0);
                options.ListenUnixSocket(path);
            });
        using MeterReader meter = new(server.Application.Services);
        using RawClient one = await ServedAsync(server);
        using RawClient two = await ServedAsync(server, Other);
        using RawClient three = await RawClient.ConnectAsync(new UnixDomainSocketEndPoint(path));
        Assert.Equal(200, (await three.GetAsync("/")).Status);
        await RefusedAsync(server);
        await RefusedAsync(server, Other);
        await meter.ReachesAsync("transport.connections_refused", 2);
        three.Dispose();
        await meter.ReachesAsync("transport.connections", 2);
        using RawClient four = await ServedAsync(server);
    }

    [Theory, Transports(NotOnSockets = OursOnly)]
    public async Task Many_connections_from_one_address_never_exceed_its_limit_and_are_all_uncounted(TransportUnderTest transport)
    {
        const int Limit = 5;
        int open = 0, most = 0;
        Lock gate = new();
        await using WebServer server = await WebServer.StartRawAsync(
            transport,
            async connection =>
            {
                lock (gate)
                {
                    most = Math.Max(most, ++open);
                }

                await connection.Transport.Input.ReadAsync();
                lock (gate)
                {
                    open--;
                }
            },
            new TransportSettings { LoopCount = 2, Ours = options => options.MaxConnectionsPerAddress = Limit });
        using MeterReader meter = new(server.Application.Services);
        await Parallel.ForAsync(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 20 }, async (_, _) =>
        {
            try
            {
                using RawClient client = await server.ConnectAsync();
                await client.SendAsync("x");
                await client.DrainAsync();
            }
            catch (SocketException)
            {
                // Reset before it could send.
            }
        });
        Assert.InRange(most, 1, Limit);
        Assert.True(meter.Sum("transport.connections_refused") > 0, "Twenty clients at a time never met the limit of five.");
        await meter.ReachesAsync("transport.connections", 0);
        using RawClient last = await ServedRawAsync(server);
    }

    [Fact]
    public void Ipv6_addresses_count_by_their_first_64_bits_and_mapped_ones_as_Ipv4()
    {
        Assert.Equal(Key("2001:db8:1:2::1"), Key("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        Assert.NotEqual(Key("2001:db8:1:2::1"), Key("2001:db8:1:3::1"));
        Assert.Equal(Key("192.0.2.1"), Key("::ffff:192.0.2.1"));
        Assert.NotEqual(Key("192.0.2.1"), Key("192.0.2.2"));
        Assert.NotEqual(Key("::1"), Key("192.0.2.1"));

        static UInt128 Key(string address) => ConnectionLimits.KeyOf(IPAddress.Parse(address));
    }

    [Fact]
    public void Admissions_end_once_and_no_address_remains_counted()
    {
        ConnectionLimits limits = ConnectionLimits.Create(new Epoll.EpollTransportOptions { MaxConnectionsPerAddress = 1 })!;
        IPEndPoint peer = new(IPAddress.Loopback, 1);
        Assert.True(limits.TryAdmit(peer, out ConnectionAdmission? admission, out _));
        Assert.False(limits.TryAdmit(peer, out _, out string? reason));
        Assert.Contains("MaxConnectionsPerAddress", reason, StringComparison.Ordinal);
        admission.End();
        admission.End();
        Assert.Equal((0, 0), (limits.Count, limits.AddressCount));
        Assert.Null(ConnectionLimits.Create(new Epoll.EpollTransportOptions()));
    }

    private static async Task<RawClient> ServedAsync(WebServer server, IPAddress? from = null)
    {
        RawClient client = await RawClient.ConnectAsync(server.EndPoint, from: from);
        Assert.Equal(200, (await client.GetAsync("/")).Status);
        return client;
    }

    private static async Task<RawClient> ServedRawAsync(WebServer server)
    {
        RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        Assert.Empty(await client.ReceiveToEndAsync());
        return client;
    }

    private static Task RefusedAsync(WebServer server, IPAddress? from = null) => RawClient.ExpectRefusalAsync(server.EndPoint, from);
}
