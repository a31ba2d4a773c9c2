using System.Net;
using FileAio.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace FileAio.Tests.Hostile;

/// <summary>Clients that hold a connection by reading almost nothing, while the response is sent or after all of it is written.</summary>
[Trait("Category", "Hostile")]
public sealed class StalledAtTheEndTests(FileTree tree) : IClassFixture<FileTree>
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

    [Theory]
    [InlineData("sockets", "close")]
    [InlineData("sockets", "keep-alive")]
    [InlineData("epoll", "close")]
    [InlineData("epoll", "keep-alive")]
    public async Task A_slow_client_that_stalls_after_the_last_write_is_aborted(string transport, string connection)
    {
        TaskCompletionSource written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FileServer server = await StartAsync(transport, tls: false, options => options.SendTimeout = TimeSpan.FromSeconds(2),
            new MinDataRate(240, TimeSpan.FromSeconds(5)), app => app.Use(async (_, next) =>
            {
                await next();
                written.TrySetResult();
            }));
        using RawClient client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port), receiveBuffer: 8192);
        await client.SendAsync($"GET /huge.bin HTTP/1.1\r\nHost: x\r\nRange: bytes=0-{(8 << 20) - 1}\r\nConnection: {connection}\r\n\r\n");
        long end = Environment.TickCount64 + (long)Deadline.Default.TotalMilliseconds;
        while (!written.Task.IsCompleted)
        {
            Assert.True(Environment.TickCount64 < end, "the response is not complete");
            await client.ReceiveExactlyAsync(16384);
            await Task.Delay(16);
        }

        // A connection that is to be closed may have ended already: once the kernel has all of it, Kestrel closes it and the rest is the
        // kernel's.
        await Deadline.Until(
            () => Logged(server, "received nothing") || (connection == "close" && Logged(server, "stopped")), ()
                => "the server has not noticed");
        if (connection == "close")
        {
            return;
        }

        await Assert.ThrowsAnyAsync<Exception>(() => client.ReceiveExactlyAsync(8 << 20));
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
