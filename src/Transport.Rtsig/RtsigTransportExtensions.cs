using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Transport.Core.Hosting;
using Transport.Core.Readiness;
using Transport.Rtsig;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Adds the transport on queued real-time signals (fcntl(2), F_SETSIG).</summary>
public static class RtsigTransportExtensions
{
    private static readonly TransportRegistration<RtsigTransportOptions> Registration = new(
        "Rtsig",
        static (options, section) => options.BindConfiguration(section),
        static (options, provider) =>
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
                // F_SETOWN_EX directs all signals to one thread.
                IsThreadBound: true);
        },
        static services => services.TryAddSingleton(static provider => new RtsigMetrics(provider.GetService<IMeterFactory>())));

    /// <summary>
    /// Configures Kestrel to use the transport on queued real-time signals (fcntl(2), F_SETSIG). Options are bound from the configuration
    /// section <c>Kestrel:Transport:Rtsig</c>. If several transports are registered, the last one wins, unless <c>Handles</c> of its
    /// options or <c>Kestrel:Transport:Use</c> in configuration says otherwise. On systems other than Linux this has no effect.
    /// </summary>
    /// <param name="builder">The host's builder.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static IWebHostBuilder UseRtsigTransport(this IWebHostBuilder builder) => Registration.AddTo(builder);

    /// <inheritdoc cref="UseRtsigTransport(IWebHostBuilder)"/>
    /// <param name="builder">The host's builder.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Rtsig</c>.</param>
    public static IWebHostBuilder UseRtsigTransport(this IWebHostBuilder builder, Action<RtsigTransportOptions> configure) =>
        Registration.AddTo(builder, configure);

    /// <inheritdoc cref="UseRtsigTransport(IWebHostBuilder)"/>
    /// <param name="services">The host's services.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection UseRtsigTransport(this IServiceCollection services) => Registration.AddTo(services);

    /// <inheritdoc cref="UseRtsigTransport(IServiceCollection)"/>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Rtsig</c>.</param>
    public static IServiceCollection UseRtsigTransport(this IServiceCollection services, Action<RtsigTransportOptions> configure) =>
        Registration.AddTo(services, configure);
}
