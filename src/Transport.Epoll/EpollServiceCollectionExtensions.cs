using Transport.Core.Hosting;
using Transport.Core.Readiness;
using Transport.Epoll;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Serving Kestrel by epoll.</summary>
public static class EpollServiceCollectionExtensions
{
    /// <summary>
    /// Has Kestrel served by a loop of our own on epoll(7), in place of its Sockets transport. The last transport asked for serves.
    /// Off Linux this leaves Kestrel as it was.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection UseEpollTransport(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (OperatingSystem.IsLinux())
        {
            services.ValidateSection<EpollTransportOptions>("Kestrel:Transport:Epoll");
            services.AddOptions<EpollTransportOptions>().BindConfiguration("Kestrel:Transport:Epoll");
            services.AddTransport<EpollTransportOptions>(static options =>
            {
                EpollTrigger trigger = options.Trigger;
                return new IoModel("epoll", "Epoll", setup => new ReadinessLoop(setup, () => new EpollPoller(trigger)));
            });
        }

        return services;
    }

    /// <inheritdoc cref="UseEpollTransport(IServiceCollection)"/>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Epoll</c>.</param>
    public static IServiceCollection UseEpollTransport(this IServiceCollection services, Action<EpollTransportOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        services.UseEpollTransport();
        return services.Configure(configure);
    }
}
