using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Transport.Core.Hosting;
using Transport.Core.Readiness;
using Transport.Epoll;

namespace Transport.Uring;

/// <summary>Decides what serves: io_uring where a ring can be built and used, else epoll.</summary>
internal static class UringModel
{
    public const string Name = "uring";
    public const string LogName = "Uring";

    public static IoModel Create(UringTransportOptions options, IServiceProvider provider)
    {
        RingSize size = RingSize.Of(options);

        // Configuration may have selected another transport: then nothing is probed, and nothing is logged.
        bool isAllowed = provider.GetRequiredService<TransportSelection>().Allows(Name);
        if (isAllowed && UringProbe.Run(size) is { } reason)
        {
            ILogger logger = provider.GetRequiredService<ILoggerFactory>().CreateLogger($"{IoModel.LogPrefix}.{LogName}");
            UringLog.Unavailable(logger, reason);
            return new IoModel(Name, LogName, static setup => new ReadinessLoop(setup, static () => new EpollPoller(EpollTrigger.Edge)))
            {
                Mechanism = "epoll",
            };
        }

        UringMetrics metrics = provider.GetRequiredService<UringMetrics>();
        return new IoModel(Name, LogName, setup => new UringLoop(setup, size, metrics.ForLoop(setup.Index)), IsThreadBound: true);
    }
}
