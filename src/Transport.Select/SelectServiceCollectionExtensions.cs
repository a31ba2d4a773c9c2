using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Transport.Core.Hosting;
using Transport.Core.Readiness;
using Transport.Select;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Serving Kestrel by select.</summary>
public static class SelectServiceCollectionExtensions
{
    /// <summary>
    /// Has Kestrel served by a loop of our own on select(2), in place of its Sockets transport. The last transport asked for serves.
    /// Off Linux this leaves Kestrel as it was.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection UseSelectTransport(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (OperatingSystem.IsLinux())
        {
            services.ValidateSection<SelectTransportOptions>("Kestrel:Transport:Select");
            services.AddOptions<SelectTransportOptions>().BindConfiguration("Kestrel:Transport:Select");
            services.TryAddSingleton(static provider => new SelectMetrics(provider.GetService<IMeterFactory>()));
            services.AddTransport<SelectTransportOptions>(static (options, provider) =>
            {
                SelectMetrics metrics = provider.GetRequiredService<SelectMetrics>();
                return new IoModel("select", "Select", setup => new ReadinessLoop(
                    setup,
                    () => new SelectPoller(
                        options.Call, options.MaxDescriptors, new SelectRefusals(metrics.ForLoop(setup.Index), setup.Logger, setup.Name))));
            });
        }

        return services;
    }

    /// <inheritdoc cref="UseSelectTransport(IServiceCollection)"/>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Select</c>.</param>
    public static IServiceCollection UseSelectTransport(this IServiceCollection services, Action<SelectTransportOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        services.UseSelectTransport();
        return services.Configure(configure);
    }
}
