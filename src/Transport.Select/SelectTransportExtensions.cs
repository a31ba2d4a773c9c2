using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Transport.Core.Hosting;
using Transport.Core.Readiness;
using Transport.Select;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Adds the select(2) transport.</summary>
public static class SelectTransportExtensions
{
    private static readonly TransportRegistration<SelectTransportOptions> Registration = new(
        "Select",
        static (options, section) => options.BindConfiguration(section),
        static (options, provider) =>
        {
            SelectMetrics metrics = provider.GetRequiredService<SelectMetrics>();
            return new IoModel("select", "Select", setup => new ReadinessLoop(
                setup,
                () => new SelectPoller(
                    options.Call, options.MaxDescriptors, new SelectRefusals(metrics.ForLoop(setup.Index), setup.Logger, setup.Name))));
        },
        static services => services.TryAddSingleton(static provider => new SelectMetrics(provider.GetService<IMeterFactory>())));

    /// <summary>
    /// Configures Kestrel to use the select(2) transport. Options are bound from the configuration section
    /// <c>Kestrel:Transport:Select</c>. If several transports are registered, the last one wins, unless <c>Handles</c> of its options or
    /// <c>Kestrel:Transport:Use</c> in configuration says otherwise. On systems other than Linux this has no effect.
    /// </summary>
    /// <param name="builder">The host's builder.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static IWebHostBuilder UseSelectTransport(this IWebHostBuilder builder) => Registration.AddTo(builder);

    /// <inheritdoc cref="UseSelectTransport(IWebHostBuilder)"/>
    /// <param name="builder">The host's builder.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Select</c>.</param>
    public static IWebHostBuilder UseSelectTransport(this IWebHostBuilder builder, Action<SelectTransportOptions> configure) =>
        Registration.AddTo(builder, configure);

    /// <inheritdoc cref="UseSelectTransport(IWebHostBuilder)"/>
    /// <param name="services">The host's services.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection UseSelectTransport(this IServiceCollection services) => Registration.AddTo(services);

    /// <inheritdoc cref="UseSelectTransport(IServiceCollection)"/>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Select</c>.</param>
    public static IServiceCollection UseSelectTransport(this IServiceCollection services, Action<SelectTransportOptions> configure) =>
        Registration.AddTo(services, configure);
}
