using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Transport.Core;

namespace Arena;

/// <summary>Kestrel with the four end points of the board, on the transport of the settings.</summary>
internal static class ArenaKestrel
{
    /// <exception cref="ArgumentException">The transport or its scheduling is unknown.</exception>
    public static void UseArenaKestrel(this IWebHostBuilder host, ArenaSettings settings)
    {
        switch (settings.Transport)
        {
            case "epoll":
                host.UseEpollTransport(options => Apply(settings, options));
                break;
            case "sockets":
                host.UseSockets(options => Apply(settings, options));
                break;
            default:
                throw new ArgumentException($"--transport is '{settings.Transport}'; allowed: epoll, sockets");
        }

        host.UseKestrelHttpsConfiguration();
        host.ConfigureKestrel(kestrel =>
        {
            IPAddress address = settings.Loopback ? IPAddress.Loopback : IPAddress.Any;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(address, settings.Http, endPoint => endPoint.Protocols = HttpProtocols.Http1);
            kestrel.Listen(address, settings.Http2, endPoint => endPoint.Protocols = HttpProtocols.Http2);
            if (File.Exists(settings.Certificate) && File.Exists(settings.CertificateKey))
            {
                X509Certificate2 certificate = Load(settings);
                Listen(settings.HttpTls, HttpProtocols.Http1);
                Listen(settings.Https, HttpProtocols.Http1AndHttp2);

                void Listen(int port, HttpProtocols protocols) => kestrel.Listen(address, port, endPoint =>
                {
                    endPoint.Protocols = protocols;
                    endPoint.UseHttps(certificate);
                });
            }
        });
    }

    private static X509Certificate2 Load(ArenaSettings settings) =>
        X509Certificate2.CreateFromPemFile(settings.Certificate, settings.CertificateKey);

    private static void Apply(ArenaSettings settings, TransportOptions options)
    {
        options.LoopCount = settings.Loops ?? options.LoopCount;
        if (settings.Scheduling is { } name)
        {
            options.ApplicationScheduling = Enum.TryParse(name, ignoreCase: true, out ApplicationScheduling scheduling)
                ? scheduling
                : throw new ArgumentException(
                    $"--scheduling is '{name}'; allowed: {string.Join(", ", Enum.GetNames<ApplicationScheduling>())}");
        }
    }

    private static void Apply(ArenaSettings settings, SocketTransportOptions options)
    {
        options.IOQueueCount = settings.Loops ?? options.IOQueueCount;
        options.UnsafePreferInlineScheduling = string.Equals(settings.Scheduling, "inline", StringComparison.OrdinalIgnoreCase);
    }
}
