using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Transport.Blocking;
using Transport.Core.Hosting;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Adds the blocking transport: a thread per connection and direction.</summary>
public static class BlockingTransportExtensions
{
    private static readonly TransportRegistration<BlockingTransportOptions> Registration = new(
        "Blocking",
        static (options, section) => options.BindConfiguration(section),
        static (options, provider) =>
        {
            BlockingMetrics metrics = provider.GetRequiredService<BlockingMetrics>();
            ThreadBudget budget = new(options.MaxThreads);
            return new IoModel("blocking", "Blocking", setup => new BlockingLoop(setup, budget, metrics.ForLoop(setup.Index)));
        },
        static services => services.TryAddSingleton(static provider => new BlockingMetrics(provider.GetService<IMeterFactory>())));

    /// <summary>
    /// Configures Kestrel to use the blocking transport: a thread per connection and direction. Options are bound from the configuration
    /// section <c>Kestrel:Transport:Blocking</c>. If several transports are registered, the last one wins, unless <c>Handles</c> of its
    /// options or <c>Kestrel:Transport:Use</c> in configuration says otherwise. On systems other than Linux this has no effect.
    /// </summary>
    /// <param name="builder">The host's builder.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static IWebHostBuilder UseBlockingTransport(this IWebHostBuilder builder) => Registration.AddTo(builder);

    /// <inheritdoc cref="UseBlockingTransport(IWebHostBuilder)"/>
    /// <param name="builder">The host's builder.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Blocking</c>.</param>
    public static IWebHostBuilder UseBlockingTransport(this IWebHostBuilder builder, Action<BlockingTransportOptions> configure) =>
        Registration.AddTo(builder, configure);

    /// <inheritdoc cref="UseBlockingTransport(IWebHostBuilder)"/>
    /// <param name="services">The host's services.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection UseBlockingTransport(this IServiceCollection services) => Registration.AddTo(services);

    /// <inheritdoc cref="UseBlockingTransport(IServiceCollection)"/>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Blocking</c>.</param>
    public static IServiceCollection UseBlockingTransport(this IServiceCollection services, Action<BlockingTransportOptions> configure) =>
        Registration.AddTo(services, configure);
}
