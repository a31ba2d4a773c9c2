using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Transport.Core.ProxyProtocol;

namespace Transport.Tests.ProxyProtocol;

/// <summary>UseProxyProtocol before Kestrel, on every transport: trusted peers, others, and hostile bytes.</summary>
public class ProxyProtocolTests
{
    private const string Line = "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n";
    private const string Request = "GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
    private static readonly IPNetwork Elsewhere = IPNetwork.Parse("203.0.113.0/24");

    [Theory, Transports]
    public async Task The_request_has_the_clients_address(TransportUnderTest transport)
    {
        await using WebServer server = await StartAsync(transport, _ => { });
        Assert.Equal("192.0.2.1:56324 198.51.100.1:443 v1 True 127.0.0.1", await AskAsync(server, Encoding.Latin1.GetBytes(Line)));
        byte[] header = ProxyHeaders.Version2(ProxyHeaders.Proxy, ProxyHeaders.Tcp6,
        [
            .. ProxyHeaders.Addresses(IPEndPoint.Parse("[2001:db8::1]:4000"), IPEndPoint.Parse("[2001:db8::2]:443")),
            .. ProxyHeaders.Field(2, "example.org"u8),
        ]);
        Assert.Equal("2001:db8::1:4000 2001:db8::2:443 v2 True 127.0.0.1 example.org", await AskAsync(server, header));
    }

    [Theory, Transports]
    public async Task Local_and_unknown_leave_the_proxys_own_address(TransportUnderTest transport)
    {
        await using WebServer server = await StartAsync(transport, _ => { });
        string port = server.EndPoint.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        string local = await AskAsync(server, ProxyHeaders.Version2(ProxyHeaders.Local, ProxyHeaders.Unspecified, []));
        Assert.StartsWith("127.0.0.1:", local, StringComparison.Ordinal);
        Assert.EndsWith($" 127.0.0.1:{port} v2 False 127.0.0.1", local, StringComparison.Ordinal);
        string unknown = await AskAsync(server, "PROXY UNKNOWN\r\n"u8.ToArray());
        Assert.EndsWith($" 127.0.0.1:{port} v1 False 127.0.0.1", unknown, StringComparison.Ordinal);
    }

    [Theory, Transports]
    public async Task A_header_byte_by_byte_is_read(TransportUnderTest transport)
    {
        await using WebServer server = await StartAsync(transport, _ => { });
        using RawClient client = await server.ConnectAsync();
        await client.SendByteAtATimeAsync(Line + Request);
        string reply = Encoding.Latin1.GetString(await client.ReceiveToEndAsync());
        Assert.EndsWith("192.0.2.1:56324 198.51.100.1:443 v1 True 127.0.0.1", reply, StringComparison.Ordinal);
    }

    [Theory, Transports]
    public async Task Before_UseHttps_it_reads_the_header_in_the_clear(TransportUnderTest transport)
    {
        using X509Certificate2 ours = Certificate();
        await using WebServer server = await WebServer.StartAsync(transport, ReportAsync, listen: options => options.Listen(
            IPAddress.Loopback, 0, endPoint =>
        {
            endPoint.UseProxyProtocol();
            endPoint.UseHttps(ours);
        }));
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync(Line);
        await using SslStream tls = new(
            new NetworkStream(client.Socket), leaveInnerStreamOpen: false, (_, theirs, _, _) => ours.Equals(theirs));
        await tls.AuthenticateAsClientAsync("localhost").WithinDeadline();
        await tls.WriteAsync(Encoding.Latin1.GetBytes(Request), Deadline.Token);
        using StreamReader reader = new(tls);
        string reply = await reader.ReadToEndAsync(Deadline.Token);
        Assert.EndsWith("192.0.2.1:56324 198.51.100.1:443 v1 True 127.0.0.1", reply, StringComparison.Ordinal);
    }

    [Theory, Transports]
    public async Task A_peer_outside_the_trusted_networks_is_reset(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, ReportAsync,
            listen: options => options.Listen(IPAddress.Loopback, 0, endPoint => endPoint.UseProxyProtocol(Elsewhere)));
        await RawClient.ExpectRefusalAsync(server.EndPoint);
        await server.Logs.WaitForAsync("Transport.Core.ProxyProtocol", 1);
    }

    [Theory, Transports]
    public async Task Direct_connections_are_served_where_they_are_allowed_and_their_header_is_not_believed(TransportUnderTest transport)
    {
        await using WebServer server = await StartAsync(transport, options =>
        {
            options.TrustedNetworks.Clear();
            options.AllowDirectConnections = true;
        });
        Assert.Contains(" none", await AskAsync(server, []), StringComparison.Ordinal);
        using RawClient liar = await server.ConnectAsync();
        await liar.SendAsync(Line + Request);
        Assert.StartsWith("HTTP/1.1 400", Encoding.Latin1.GetString(await liar.ReceiveToEndAsync()), StringComparison.Ordinal);
    }

    [Theory]
    [Transports("GET / HTTP/1.1\r\nHost: test\r\n\r\n")]
    [Transports("PROXY TCP4 192.0.2.1 198.51.100.1 56324 99999\r\n")]
    [Transports("\r\n\r\n\0\r\nQUIT\n\u0031")]
    [Transports("\r\n\r\n\0\r\nQUIT\n\u0021\u0011\uffff")]
    public async Task A_connection_without_a_header_is_reset_and_the_server_continues(TransportUnderTest transport, string text)
    {
        await using WebServer server = await StartAsync(transport, _ => { });
        using (RawClient client = await server.ConnectAsync())
        {
            // Latin-1 makes U+FFFF a question mark; the length of the last row is what comes after.
            await client.SendAsync(Encoding.Latin1.GetBytes(text.Replace("\uffff", "\u00ff\u00ff", StringComparison.Ordinal)));
            await client.ExpectResetAsync();
        }

        Assert.StartsWith("192.0.2.1:56324", await AskAsync(server, Encoding.Latin1.GetBytes(Line)), StringComparison.Ordinal);
    }

    [Theory, Transports]
    public async Task A_missing_header_ends_the_connection_after_the_timeout(TransportUnderTest transport)
    {
        await using WebServer server = await StartAsync(transport, options => options.HeaderTimeout = TimeSpan.FromMilliseconds(200));
        using RawClient silent = await server.ConnectAsync();
        using RawClient slow = await server.ConnectAsync();
        await slow.SendAsync("PROXY TCP4 192");
        await silent.ExpectResetAsync();
        await slow.ExpectResetAsync();
        Assert.Equal(2, server.Logs.Entries.Count(entry => entry.Id.Name == "ProxyHeaderRefused"));
    }

    [Theory, Transports]
    public async Task A_client_that_disconnects_before_the_header_is_complete_leaks_nothing(TransportUnderTest transport)
    {
        await using WebServer server = await StartAsync(transport, _ => { });
        using (RawClient client = await server.ConnectAsync())
        {
            await client.SendAsync("PROXY ");
            client.ShutdownSend();
            await client.DrainAsync();
        }

        RawClient reset = await server.ConnectAsync();
        await reset.SendAsync("PROXY ");
        reset.Reset();
        Assert.StartsWith("192.0.2.1:56324", await AskAsync(server, Encoding.Latin1.GetBytes(Line)), StringComparison.Ordinal);
        await server.StopAsync();
        Assert.DoesNotContain(server.Logs.Entries, entry => entry.Level >= LogLevel.Error);
    }

    [Fact]
    public void Networks_and_the_timeout_are_checked()
    {
        ProxyProtocolOptions options = new();
        Assert.True(options.Trusts(IPEndPoint.Parse("127.9.9.9:1")));
        Assert.True(options.Trusts(IPEndPoint.Parse("[::ffff:127.0.0.1]:1")));
        Assert.True(options.Trusts(IPEndPoint.Parse("[::1]:1")));
        Assert.False(options.Trusts(IPEndPoint.Parse("192.0.2.1:1")));
        Assert.False(options.Trusts(null));
        Assert.True(options.Trusts(new UnixDomainSocketEndPoint("/run/proxy")));
        options.HeaderTimeout = TimeSpan.Zero;
        Assert.Throws<ArgumentOutOfRangeException>(options.Validate);
    }

    private static Task<WebServer> StartAsync(TransportUnderTest transport, Action<ProxyProtocolOptions> configure) =>
        WebServer.StartAsync(transport, ReportAsync,
            listen: options => options.Listen(IPAddress.Loopback, 0, endPoint => endPoint.UseProxyProtocol(configure)));

    private static async Task<string> AskAsync(WebServer server, byte[] header)
    {
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync((byte[])[.. header, .. Encoding.Latin1.GetBytes(Request)]);
        string reply = Encoding.Latin1.GetString(await client.ReceiveToEndAsync());
        return reply[(reply.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
    }

    /// <summary>Who the client is, by the request and by the feature.</summary>
    private static Task ReportAsync(HttpContext context)
    {
        IProxyProtocolFeature? feature = context.Features.Get<IProxyProtocolFeature>();
        ConnectionInfo connection = context.Connection;
        string report = $"{connection.RemoteIpAddress}:{connection.RemotePort} {connection.LocalIpAddress}:{connection.LocalPort} ";
        report += feature is null ? "none" : $"v{feature.Version} {feature.HasAddresses} {((IPEndPoint)feature.ProxyEndPoint!).Address}";
        if (feature?.TryGetField(2, out ReadOnlyMemory<byte> authority) == true)
        {
            report += $" {Encoding.Latin1.GetString(authority.Span)}";
        }

        context.Response.ContentLength = report.Length;
        return context.Response.WriteAsync(report);
    }

    private static X509Certificate2 Certificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
