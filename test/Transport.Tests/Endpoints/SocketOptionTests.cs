using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Transport.Core;
using Transport.Core.Features;
using Transport.Core.Interop;
using Transport.Core.Interop.Sockets;

namespace Transport.Tests.Endpoints;

/// <summary>Options of TCP and Unix sockets, asked of the kernel; and what the kernel knows of a peer.</summary>
public sealed class SocketOptionTests : IDisposable
{
    private const string OursOnly = "Kestrel's Sockets transport has no such option";
    private const UnixFileMode GroupMayConnect =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private readonly string _folder = Directory.CreateTempSubdirectory("transport-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, Transports(NotOnSockets = OursOnly)]
    public async Task Tcp_options_reach_the_connection(TransportUnderTest transport)
    {
        await using BareListener listener =
            await BareListener.BindAsync(transport, settings: new TransportSettings { Ours = SetTcpOptions });
        await using BareListener.Pair pair = await listener.ConnectAsync();
        AssertTcpOptions(pair.Server);
    }

    [Theory, Transports(NotOnSockets = OursOnly)]
    public async Task Tcp_options_reach_a_client_that_connected_before_the_socket_was_ours(TransportUnderTest transport)
    {
        using Socket early = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        early.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        early.Listen();
        using RawClient client = await RawClient.ConnectAsync(early.LocalEndPoint!);
        await using BareListener listener = await BareListener.BindAsync(transport, settings: new TransportSettings
        {
            Ours = SetTcpOptions,
            CreateBoundListenSocket = _ => new Socket(
                new SafeSocketHandle(SocketCalls.Duplicate((int)early.Handle).ThrowIfError("dup"), ownsHandle: true)),
        });
        await using ConnectionContext server = await listener.AcceptAsync();
        AssertTcpOptions(server);
    }

    [Theory, Transports(NotOnSockets = OursOnly)]
    public async Task Fast_open_is_set_on_the_listening_socket(TransportUnderTest transport)
    {
        Socket? listening = null;
        await using BareListener listener = await BareListener.BindAsync(transport, settings: new TransportSettings
        {
            Ours = options => options.TcpFastOpenQueueLength = 77,
            CreateBoundListenSocket = endPoint => listening = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint),
        });
        Assert.Equal(77, Option(listening!, Libc.IPPROTO_TCP, Libc.TCP_FASTOPEN));
    }

    [Theory, Transports(NotOnSockets = OursOnly)]
    public async Task Mode_and_owner_of_a_unix_socket_are_set(TransportUnderTest transport)
    {
        string path = Path.Combine(_folder, "s");
        TransportSettings settings = new()
        {
            Ours = options =>
            {
                options.UnixSocketMode = GroupMayConnect;
                // The process's own group is the one that needs no CAP_CHOWN.
                options.UnixSocketOwner = $":{Stat(_folder, "%g")}";
            },
        };
        await using BareListener listener = await BareListener.BindAsync(transport, new UnixDomainSocketEndPoint(path), settings);
        Assert.Equal("660", Stat(path, "%a"));
        Assert.Equal(Stat(_folder, "%g"), Stat(path, "%g"));
        await using BareListener.Pair pair = await listener.ConnectAsync();
        await pair.Server.WriteAsync("x");
        Assert.Equal("x", await pair.Client.ReceiveTextAsync(1));
    }

    [Fact]
    public async Task Owners_are_names_or_numbers()
    {
        Assert.Equal(new SocketFileOwner(0, null), SocketFileOwner.Parse("root"));
        Assert.Equal(new SocketFileOwner(0, 0), SocketFileOwner.Parse("root:root"));
        Assert.Equal(new SocketFileOwner(null, 7), SocketFileOwner.Parse(":7"));
        Assert.Equal(new SocketFileOwner(1234, 5678), SocketFileOwner.Parse("1234:5678"));
        Assert.Contains("the user \"nobody-has-this-name\"",
            Assert.Throws<IOException>(() => SocketFileOwner.Parse("nobody-has-this-name")).Message, StringComparison.Ordinal);
        Assert.Contains("the group \"nobody-has-this-name\"",
            Assert.Throws<IOException>(() => SocketFileOwner.Parse("root:nobody-has-this-name")).Message, StringComparison.Ordinal);

        // The bind fails, and the file goes with it.
        string path = Path.Combine(_folder, "refused");
        await Assert.ThrowsAsync<IOException>(() => BareListener.BindAsync(
            TransportCatalogue.Get("epoll"),
            new UnixDomainSocketEndPoint(path),
            new TransportSettings { Ours = options => options.UnixSocketOwner = "nobody-has-this-name" }));
        Assert.False(File.Exists(path));
    }

    [Theory, Transports(NotOnSockets = OursOnly)]
    public async Task An_abstract_name_has_neither_mode_nor_owner(TransportUnderTest transport)
    {
        UnixDomainSocketEndPoint endPoint = new($"\0transport-test-{Guid.NewGuid():N}");
        await using BareListener listener = await BareListener.BindAsync(transport, endPoint, new TransportSettings
        {
            Ours = options => (options.UnixSocketMode, options.UnixSocketOwner) = (GroupMayConnect, "root"),
        });
        await using BareListener.Pair pair = await listener.ConnectAsync();
        Assert.NotNull(pair.Server.Features.Get<IPeerCredentialsFeature>());
    }

    [Theory, Transports(NotOnSockets = "it has no such feature")]
    public async Task Peer_credentials_are_those_of_the_client(TransportUnderTest transport)
    {
        await using BareListener listener =
            await BareListener.BindAsync(transport, new UnixDomainSocketEndPoint(Path.Combine(_folder, "p")));
        BareListener.Pair pair = await listener.ConnectAsync();
        IPeerCredentialsFeature feature = pair.Server.Features.Get<IPeerCredentialsFeature>()!;
        PeerCredentials credentials = feature.GetPeerCredentials();
        Assert.Equal(Environment.ProcessId, credentials.ProcessId);
        Assert.Equal(Stat("/proc/self", "%u:%g"), $"{credentials.UserId}:{credentials.GroupId}");
        Assert.Null(pair.Server.Features.Get<ITcpInfoFeature>());
        await pair.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => feature.GetPeerCredentials());
    }

    [Theory, Transports(NotOnSockets = "it has no such feature")]
    public async Task Tcp_info_counts_what_was_received_and_acknowledged(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        BareListener.Pair pair = await listener.ConnectAsync();
        ITcpInfoFeature feature = pair.Server.Features.Get<ITcpInfoFeature>()!;
        await pair.Client.SendAsync(new string('x', 1000));
        await pair.Server.ReadTextAsync(1000);
        await pair.Server.WriteAsync(new string('y', 500));
        await pair.Client.ReceiveTextAsync(500);
        await Deadline.Until(() => feature.GetTcpInfo().BytesAcknowledged >= 500, () => $"{feature.GetTcpInfo()}");
        TcpInfo info = feature.GetTcpInfo();
        Assert.Equal((1000L, 0L, 0L), (info.BytesReceived, info.TotalRetransmits, info.NotSentBytes));
        Assert.True(info.CongestionWindow > 0 && info.SendMaximumSegmentSize > 0 && info.RoundTripTime > TimeSpan.Zero, info.ToString());
        Assert.Null(pair.Server.Features.Get<IPeerCredentialsFeature>());
        await pair.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => feature.GetTcpInfo());
    }

    private static void SetTcpOptions(TransportOptions options)
    {
        options.TcpUserTimeout = TimeSpan.FromSeconds(21);
        options.TcpKeepAliveTime = TimeSpan.FromSeconds(301);
        options.TcpKeepAliveInterval = TimeSpan.FromSeconds(31);
        options.TcpKeepAliveRetryCount = 4;
    }

    private static void AssertTcpOptions(ConnectionContext connection)
    {
        Socket socket = connection.Features.Get<IConnectionSocketFeature>()!.Socket;
        Assert.Equal(
            (1, 21_000, 1, 301, 31, 4),
            (Option(socket, Libc.IPPROTO_TCP, Libc.TCP_NODELAY),
                Option(socket, Libc.IPPROTO_TCP, Libc.TCP_USER_TIMEOUT),
                Option(socket, Libc.SOL_SOCKET, Libc.SO_KEEPALIVE),
                Option(socket, Libc.IPPROTO_TCP, Libc.TCP_KEEPIDLE),
                Option(socket, Libc.IPPROTO_TCP, Libc.TCP_KEEPINTVL),
                Option(socket, Libc.IPPROTO_TCP, Libc.TCP_KEEPCNT)));
    }

    private static int Option(Socket socket, int level, int name)
    {
        Span<byte> value = stackalloc byte[sizeof(int)];
        socket.GetRawSocketOption(level, name, value);
        return BitConverter.ToInt32(value);
    }

    /// <summary>stat(1), which knows owners.</summary>
    private static string Stat(string path, string format)
    {
        ProcessStartInfo start = new("stat", ["-L", "-c", format, path]) { RedirectStandardOutput = true };
        using Process stat = Process.Start(start)!;
        return stat.StandardOutput.ReadToEnd().Trim();
    }
}
