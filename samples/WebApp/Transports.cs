using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace WebApp;

/// <summary>Every transport that this app can be served by: a name, and how to apply it.</summary>
internal static class Transports
{
    public const string Sockets = "sockets";

    public const string Default = Sockets;

    public static readonly IReadOnlyDictionary<string, Action<IWebHostBuilder, SampleSettings>> ByName =
        new Dictionary<string, Action<IWebHostBuilder, SampleSettings>>(StringComparer.Ordinal)
        {
            [Sockets] = (host, settings) => host.UseSockets(options => Apply(settings, options)),
        };

    private static void Apply(SampleSettings settings, SocketTransportOptions options)
    {
        options.UnsafePreferInlineScheduling = settings.Scheduling == Scheduling.Inline;
        options.IOQueueCount = settings.Loops ?? options.IOQueueCount;
    }
}
