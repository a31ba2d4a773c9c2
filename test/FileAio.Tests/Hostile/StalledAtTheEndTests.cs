using System.Net;
using FileAio.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace FileAio.Tests.Hostile;

/// <summary>Clients that hold a connection by reading nothing after all of the response is written.</summary>
[Trait("Category", "Hostile")]
public sealed class StalledAtTheEndTests(FileTree tree) : IClassFixture<FileTree>
{
    [Theory]
    [InlineData("sockets", "close")]
    [InlineData("sockets", "keep-alive")]
    [InlineData("epoll", "close")]
    [InlineData("epoll", "keep-alive")]
    public async Task A_slow_client_that_stalls_after_the_last_write_is_aborted(string transport, string connection)
    {
        TaskCompletionSource written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FileServer server = await FileServer.StartAsync(
            tree.Root,
            options => options.SendTimeout = TimeSpan.FromSeconds(2),
            first: app => app.Use(async (_, next) =>
            {
                await next();
                written.TrySetResult();
            }),
            before: builder =>
            {
                builder.Logging.SetMinimumLevel(LogLevel.Debug);
                TransportCatalogue.Get(transport).Apply(builder.WebHost, new TransportSettings());
                builder.WebHost.ConfigureKestrel(kestrel =>
                    kestrel.Limits.MinResponseDataRate = new MinDataRate(240, TimeSpan.FromSeconds(5)));
            });
        using RawClient client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port), receiveBuffer: 8192);
        await client.SendAsync($"GET /huge.bin HTTP/1.1\r\nHost: x\r\nRange: bytes=0-{(8 << 20) - 1}\r\nConnection: {connection}\r\n\r\n");
        long end = Environment.TickCount64 + (long)Deadline.Default.TotalMilliseconds;
        while (!written.Task.IsCompleted)
        {
            Assert.True(Environment.TickCount64 < end, "the response is not complete");
            await client.ReceiveExactlyAsync(16384);
            await Task.Delay(8);
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

    private static bool Logged(FileServer server, string text)
        => server.Log.At(LogLevel.Debug).Any(line => line.Contains(text, StringComparison.Ordinal));
}
