using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Soak.Server;

/// <summary>The server process: Kestrel on one transport with faults in its libc calls. It stops when its standard input ends.</summary>
internal static class SoakServer
{
    public static async Task<int> RunAsync(ServerSettings settings)
    {
        TransportUnderTest transport = TransportCatalogue.Get(settings.Transport);
        if (settings.Set.Count > 0 && transport.IsOracle)
        {
            throw new FormatException("--set is for this project's transports; the framework's has none of these options.");
        }

        DiceFaults kinds = settings.FaultsPerThousand > 0 ? FaultPlan.For(transport, settings.Set) : DiceFaults.None;
        if (kinds != DiceFaults.None)
        {
            FaultPlan.Install();
        }

        using ServerMeters meters = new ServerMeters();
        await using WebApplication app = Build(settings, transport, meters);
        await app.StartAsync();
        if (kinds != DiceFaults.None)
        {
            FaultShim.RollDice(settings.Seed, settings.FaultsPerThousand, kinds);
        }

        IHostApplicationLifetime lifetime = app.Services.GetRequiredService<IHostApplicationLifetime>();
        int[] ports = [.. app.Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!.Addresses.Select(address => new Uri(address).Port)];
        Console.WriteLine(JsonSerializer.Serialize(ports));
        _ = Task.Run(async () =>
        {
            await Console.In.ReadToEndAsync();
            lifetime.StopApplication();
        });
        long allocated = 0;
        using CancellationTokenRegistration stopping =
            lifetime.ApplicationStopping.Register(() => allocated = GC.GetTotalAllocatedBytes(precise: true));
        await app.WaitForShutdownAsync();
        Console.WriteLine(GC.GetTotalAllocatedBytes(precise: true) - allocated);
        return 0;
    }

    private static WebApplication Build(ServerSettings settings, TransportUnderTest transport, ServerMeters meters)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole(console => console.SingleLine = true);
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console
            => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(20));
        transport.Apply(builder.WebHost, new TransportSettings { Ours = options => OptionSetter.Apply(options, settings.Set) });
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, settings));
        WebApplication app = builder.Build();
        if (settings.Files is { } files)
        {
            app.UseDirectIoFiles(options =>
            {
                options.Root = files;
                options.RequestPath = "/files";
                options.ServeUnknownFileTypes = true;
            });
        }

        app.UseWebSockets();
        app.Run(new Endpoints(meters, app.Lifetime.ApplicationStopping).RouteAsync);
        return app;
    }

    /// <summary>In the order of <see cref="ServerPorts"/>: HTTP/1.1, HTTP/1.1 and HTTP/2 over TLS, HTTP/2 without TLS.</summary>
    private static void Listen(KestrelServerOptions kestrel, ServerSettings settings)
    {
        kestrel.Limits.KeepAliveTimeout = settings.KeepAlive;
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Listen(IPAddress.Loopback, 0, endPoint => endPoint.Protocols = HttpProtocols.Http1);
        kestrel.Listen(IPAddress.Loopback, 0, endPoint => endPoint.UseHttps(Certificate()));
        kestrel.Listen(IPAddress.Loopback, 0, endPoint => endPoint.Protocols = HttpProtocols.Http2);
    }

    private static X509Certificate2 Certificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
    }
}
