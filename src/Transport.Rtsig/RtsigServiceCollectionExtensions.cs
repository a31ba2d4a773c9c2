using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Transport.Core.Hosting;
using Transport.Core.Readiness;
using Transport.Rtsig;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Serving Kestrel by queued real-time signals.</summary>
public static class RtsigServiceCollectionExtensions
{
    /// <summary>
    /// Has Kestrel served by a loop of our own on queued real-time signals (fcntl(2), F_SETSIG), in place of its Sockets transport. The
    /// last transport asked for serves. Off Linux this leaves Kestrel as it was.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection UseRtsigTransport(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (OperatingSystem.IsLinux())
        {
            services.ValidateSection<RtsigTransportOptions>("Kestrel:Transport:Rtsig");
            services.AddOptions<RtsigTransportOptions>().BindConfiguration("Kestrel:Transport:Rtsig");
            services.TryAddSingleton(static provider => new RtsigMetrics(provider.GetService<IMeterFactory>()));
            services.AddTransport<RtsigTransportOptions>(static (options, provider) =>
            {
                RtsigMetrics metrics = provider.GetRequiredService<RtsigMetrics>();
                return new IoModel(
                    "rtsig",
                    "Rtsig",
                    setup =>
                    {
                        RtsigCounters counters = metrics.ForLoop(setup.Index);
                        SignalOverflows overflows = new(counters, setup.Logger, setup.Name);
                        return new ReadinessLoop(setup, () => new RtsigPoller(options.EffectiveSignal, options.Reading, counters, overflows));
                    },
                    // F_SETOWN_EX has the kernel send every signal to one thread.
                    IsThreadBound: true);
            });
        }

        return services;
    }

    /// <inheritdoc cref="UseRtsigTransport(IServiceCollection)"/>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Rtsig</c>.</param>
    public static IServiceCollection UseRtsigTransport(this IServiceCollection services, Action<RtsigTransportOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        services.UseRtsigTransport();
        return services.Configure(configure);
    }
}
