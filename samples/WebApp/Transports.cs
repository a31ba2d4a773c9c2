using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Transport.Core;

namespace WebApp;

/// <summary>Every transport that this app can be served by: a name, and how to apply it.</summary>
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

    public static readonly IReadOnlyDictionary<string, Action<IWebHostBuilder, SampleSettings>> ByName =
        new Dictionary<string, Action<IWebHostBuilder, SampleSettings>>(StringComparer.Ordinal)
        {
            [Epoll] = (host, settings) => host.UseEpollTransport(options => Apply(settings, options)),
            [Poll] = (host, settings) => host.UsePollTransport(options => Apply(settings, options)),
            [Select] = (host, settings) => host.UseSelectTransport(options => Apply(settings, options)),
            [Rtsig] = (host, settings) => host.UseRtsigTransport(options => Apply(settings, options)),
            [Uring] = (host, settings) => host.UseUringTransport(options => Apply(settings, options)),
            [Blocking] = (host, settings) => host.UseBlockingTransport(options => Apply(settings, options)),
            [Busy] = (host, settings) => host.UseBusyTransport(options => Apply(settings, options)),
            [Sockets] = (host, settings) => host.UseSockets(options => Apply(settings, options)),
        };

    private static void Apply(SampleSettings settings, TransportOptions options)
    {
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
