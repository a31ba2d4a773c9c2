using Transport.Blocking;
using Transport.Core.Hosting;
using Transport.Core.Readiness;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Serving Kestrel by asking again and again.</summary>
public static class BusyServiceCollectionExtensions
{
    /// <summary>
    /// Has Kestrel served by a loop of our own that asks non-blocking sockets again and again and never sleeps, in place of its Sockets
    /// transport. The last transport asked for serves. Off Linux this leaves Kestrel as it was.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection UseBusyTransport(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (OperatingSystem.IsLinux())
        {
            services.ValidateSection<BusyTransportOptions>("Kestrel:Transport:Busy");
            services.AddOptions<BusyTransportOptions>().BindConfiguration("Kestrel:Transport:Busy");
            services.AddTransport<BusyTransportOptions>(
                static _ => new IoModel("busy", "Busy", static setup => new ReadinessLoop(setup, static () => new BusyPoller())));
        }

        return services;
    }

    /// <inheritdoc cref="UseBusyTransport(IServiceCollection)"/>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Busy</c>.</param>
    public static IServiceCollection UseBusyTransport(this IServiceCollection services, Action<BusyTransportOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        services.UseBusyTransport();
        return services.Configure(configure);
    }
}
