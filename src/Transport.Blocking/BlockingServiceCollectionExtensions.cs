using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Transport.Blocking;
using Transport.Core.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Serving Kestrel by a blocking thread a connection.</summary>
public static class BlockingServiceCollectionExtensions
{
    /// <summary>
    /// Has Kestrel served by a thread a connection, in each direction that needs one, and blocking calls, in place of its Sockets
    /// transport. The last transport asked for serves. Off Linux this leaves Kestrel as it was.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection UseBlockingTransport(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (OperatingSystem.IsLinux())
        {
            services.ValidateSection<BlockingTransportOptions>("Kestrel:Transport:Blocking");
            services.AddOptions<BlockingTransportOptions>().BindConfiguration("Kestrel:Transport:Blocking");
            services.TryAddSingleton(static provider => new BlockingMetrics(provider.GetService<IMeterFactory>()));
            services.AddTransport<BlockingTransportOptions>(static (options, provider) =>
            {
                BlockingMetrics metrics = provider.GetRequiredService<BlockingMetrics>();
                ThreadBudget budget = new(options.MaxThreads);
                return new IoModel("blocking", "Blocking", setup => new BlockingLoop(setup, budget, metrics.ForLoop(setup.Index)));
            });
        }

        return services;
    }

    /// <inheritdoc cref="UseBlockingTransport(IServiceCollection)"/>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Blocking</c>.</param>
    public static IServiceCollection UseBlockingTransport(this IServiceCollection services, Action<BlockingTransportOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        services.UseBlockingTransport();
        return services.Configure(configure);
    }
}
