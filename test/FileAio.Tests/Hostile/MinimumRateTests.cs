using System.Net;
using FileAio.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace FileAio.Tests.Hostile;

/// <summary>Clients that hold a connection by reading nothing while the response is sent.</summary>
[Trait("Category", "Hostile")]
public sealed class MinimumRateTests(FileTree tree) : IClassFixture<FileTree>
{
    [Theory]
    [InlineData("sockets", false)]
    [InlineData("sockets", true)]
    [InlineData("epoll", false)]
    [InlineData("epoll", true)]
    public async Task A_client_slower_than_the_minimum_rate_is_aborted(string transport, bool tls)
    {
        // 8 MiB/s, and the client reads nothing: what its kernel has acknowledged has earned less than a second.
        await using FileServer server = await StartAsync(transport, tls, options => options.SendTimeout = TimeSpan.Zero,
            new MinDataRate(8 << 20, TimeSpan.FromSeconds(2)));
        using RawClient client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port), receiveBuffer: 8192);
        await using Stream stream = await OpenAsync(client, tls);
        await stream.WriteAsync("GET /huge.bin HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        await Deadline.Until(() => Logged(server, "more slowly"), () => "the server has not noticed");
        await server.IdleAsync();
    }

    [Fact]
    public async Task Without_a_minimum_rate_and_without_a_timeout_a_client_may_stall()
    {
        await using FileServer server = await StartAsync("sockets", tls: false, options => options.SendTimeout = TimeSpan.Zero, rate: null);
        tree.Write("patient.bin", FileTree.Pattern(16 << 20, 0));
        using RawClient client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port), receiveBuffer: 8192);
        await client.SendAsync("GET /patient.bin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        await Task.Delay(TimeSpan.FromSeconds(10));
        Assert.True((await client.ReceiveToEndAsync()).AsSpan().EndsWith(FileTree.Pattern(16 << 20, 0)));
    }

    [Fact]
    public async Task The_rate_of_the_application_is_restored_after_the_response()
    {
        MinDataRate rate = new MinDataRate(1000, TimeSpan.FromSeconds(7));
        List<MinDataRate?> after = [];
        await using FileServer server = await StartAsync("sockets", tls: false, _ => { }, rate, app => app.Use(async (context, next) =>
        {
            await next();
            after.Add(context.Features
                .Get<Microsoft.AspNetCore.Server.Kestrel.Core.Features.IHttpMinResponseDataRateFeature>()!.MinDataRate);
        }));
        foreach (string target in new[] { "/b1048579.bin", "/b511.bin", "/none.bin" })
        {
            await RawReply.GetAsync(server.Port, target);
        }

        await RawReply.GetAsync(server.Port, "/b1048579.bin", "Range: bytes=0-9,400000-700000");
        Assert.Equal([rate, rate, rate, rate], after);
    }

    private static bool Logged(FileServer server, string text)
        => server.Log.At(LogLevel.Debug).Any(line => line.Contains(text, StringComparison.Ordinal));

    private static async Task<Stream> OpenAsync(RawClient client, bool tls)
    {
        Stream plain = new System.Net.Sockets.NetworkStream(client.Socket);
        if (!tls)
        {
            return plain;
        }

        System.Net.Security.SslStream secure = new(plain, false, static (_, certificate, _, _) => certificate is not null);
        await secure.AuthenticateAsClientAsync("localhost");
        return secure;
    }

    private async Task<FileServer> StartAsync(
        string transport, bool tls, Action<DirectIoFileOptions> configure, MinDataRate? rate, Action<WebApplication>? first = null) =>
        await FileServer.StartAsync(tree.Root, configure, tls: tls, first: first, before: builder =>
        {
            builder.Logging.SetMinimumLevel(LogLevel.Debug);
            TransportCatalogue.Get(transport).Apply(builder.WebHost, new TransportSettings());
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MinResponseDataRate = rate);
        });
}
