using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Test.Shared;

/// <summary>A real Kestrel on the transport under test, on a port of the kernel's choosing, with its logs and pool blocks kept.</summary>
public sealed class WebServer : IAsyncDisposable
{
    private WebServer(WebApplication application, LogCollector logs, CountingPoolFactory pools, TransportUnderTest transport)
        => (Application, Logs, Pools, Transport) = (application, logs, pools, transport);

    public WebApplication Application { get; }
    public LogCollector Logs { get; }
    public CountingPoolFactory Pools { get; }
    public TransportUnderTest Transport { get; }

    public Uri Address => new(Application.Services.GetRequiredService<IServer>()
        .Features.Get<IServerAddressesFeature>()!.Addresses.First());
    public IPEndPoint EndPoint => new(IPAddress.Loopback, Address.Port);

    /// <param name="transport">What carries it.</param>
    /// <param name="application">Answers every request.</param>
    /// <param name="settings">Options of the transport.</param>
    /// <param name="listen">Where to listen; a loopback port of the kernel's choosing if null.</param>
    /// <param name="configure">Anything else, after the transport.</param>
    /// <param name="pipeline">Middleware ahead of <paramref name="application"/>.</param>
    /// <param name="pools">The pools; movable blocks of odd size if null.</param>
    public static async Task<WebServer> StartAsync(TransportUnderTest transport, RequestDelegate? application = null,
        TransportSettings? settings = null, Action<KestrelServerOptions>? listen = null, Action<WebApplicationBuilder>? configure = null,
        Action<WebApplication>? pipeline = null, CountingPoolFactory? pools = null)
    {
        LogCollector logs = new LogCollector();
        pools ??= new CountingPoolFactory();
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(logs);
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(options => options.ShutdownTimeout = Deadline.Default);
        transport.Apply(builder.WebHost, settings ?? new TransportSettings());
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>>(pools);
        builder.WebHost.ConfigureKestrel(listen ?? (options => options.Listen(IPAddress.Loopback, 0)));
        configure?.Invoke(builder);
        WebApplication app = builder.Build();
        try
        {
            pipeline?.Invoke(app);
            if (application is not null)
            {
                app.Run(application);
            }

            await app.StartAsync().WithinDeadline();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
        return new WebServer(app, logs, pools, transport);
    }

    /// <summary>A server whose connections all go to one handler, with no HTTP between.</summary>
    public static Task<WebServer> StartRawAsync(TransportUnderTest transport, Func<ConnectionContext, Task> handler,
        TransportSettings? settings = null,
        CountingPoolFactory? pools = null)
        => StartAsync(transport, settings: settings, pools: pools,
            listen: options => options.Listen(IPAddress.Loopback, 0, endPoint => endPoint.Run(handler)));

    public Task<RawClient> ConnectAsync(int receiveBuffer = 0, int sendBuffer = 0)
        => RawClient.ConnectAsync(EndPoint, receiveBuffer, sendBuffer);

    public HttpClient CreateClient()
        => new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Address, Timeout = Deadline.Default };

    public Task StopAsync() => Application.StopAsync().WithinDeadline();

    public async ValueTask DisposeAsync()
    {
        await Application.StopAsync().WithinDeadline();
        await Application.DisposeAsync().WithinDeadline();
    }
}
