using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Transport.Core.Hosting;
using Transport.Core.Readiness;
using Transport.Epoll;
using Transport.Uring.Diagnostics;
using Transport.Uring.Rings;

namespace Transport.Uring;

/// <summary>Selects the model: io_uring if a ring can be created and used, otherwise epoll.</summary>
internal static class UringModel
{
    public const string Name = "uring";
    public const string LogName = "Uring";

    public static IoModel Create(UringTransportOptions options, IServiceProvider provider)
    {
        RingSize size = RingSize.Of(options);

        // If configuration has selected another transport, nothing is probed or logged.
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
        return new IoModel(Name, LogName, setup => new UringLoop(setup, options, metrics.ForLoop(setup.Index)), IsThreadBound: true);
    }
}
