using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Transport.Core;

namespace WebApp;

/// <summary>Maps the name of each transport to its registration.</summary>
internal static class Transports
{
    public const string Sockets = "sockets";

    public const string Epoll = "epoll";

    public const string Poll = "poll";

    public const string Select = "select";

    public const string Rtsig = "rtsig";

    public const string Uring = "uring";

    public const string Blocking = "blocking";

    public const string Busy = "busy";

    public const string Default = Epoll;

    /// <summary>Registers a transport. The last argument selects its end points; null for all.</summary>
    public static readonly IReadOnlyDictionary<string, Action<IWebHostBuilder, SampleSettings, Func<EndPoint, bool>?>> ByName =
        new Dictionary<string, Action<IWebHostBuilder, SampleSettings, Func<EndPoint, bool>?>>(StringComparer.Ordinal)
        {
            [Epoll] = (host, settings, handles) => host.UseEpollTransport(options => Apply(settings, options, handles)),
            [Poll] = (host, settings, handles) => host.UsePollTransport(options => Apply(settings, options, handles)),
            [Select] = (host, settings, handles) => host.UseSelectTransport(options => Apply(settings, options, handles)),
            [Rtsig] = (host, settings, handles) => host.UseRtsigTransport(options => Apply(settings, options, handles)),
            [Uring] = (host, settings, handles) => host.UseUringTransport(options => Apply(settings, options, handles)),
            [Blocking] = (host, settings, handles) => host.UseBlockingTransport(options => Apply(settings, options, handles)),
            [Busy] = (host, settings, handles) => host.UseBusyTransport(options => Apply(settings, options, handles)),
            [Sockets] = UseSockets,
        };

    /// <summary>
    /// Kestrel's own transport serves the end points that no other transport serves; <c>UseSockets</c> would assign all to it.
    /// </summary>
    private static void UseSockets(IWebHostBuilder host, SampleSettings settings, Func<EndPoint, bool>? handles)
    {
        if (handles is null)
        {
            host.UseSockets(options => Apply(settings, options));
        }
        else
        {
            host.ConfigureServices(services => services.Configure<SocketTransportOptions>(options => Apply(settings, options)));
        }
    }

    private static void Apply(SampleSettings settings, TransportOptions options, Func<EndPoint, bool>? handles)
    {
        options.Handles = handles ?? options.Handles;
        options.ApplicationScheduling = settings.Scheduling switch
        {
            Scheduling.Inline => ApplicationScheduling.Inline,
            Scheduling.ThreadPool => ApplicationScheduling.ThreadPool,
            Scheduling.LeaderFollowers => ApplicationScheduling.LeaderFollowers,
            Scheduling.Workers => ApplicationScheduling.Workers,
            _ => options.ApplicationScheduling,
        };
        options.LoopCount = settings.Loops ?? options.LoopCount;
    }

    private static void Apply(SampleSettings settings, SocketTransportOptions options)
    {
        options.UnsafePreferInlineScheduling = settings.Scheduling == Scheduling.Inline;
        options.IOQueueCount = settings.Loops ?? options.IOQueueCount;
    }
}
