using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Transport.Core.Hosting;
using Transport.Uring;
using Transport.Uring.Diagnostics;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Adds the io_uring(7) transport.</summary>
public static class UringTransportExtensions
{
    private static readonly TransportRegistration<UringTransportOptions> Registration = new(
        "Uring",
        static (options, section) => options.BindConfiguration(section),
        static (options, provider) => UringModel.Create(options, provider),
        static services => services.TryAddSingleton(static provider => new UringMetrics(provider.GetService<IMeterFactory>())));

    /// <summary>
    /// Configures Kestrel to use the io_uring(7) transport. If the kernel or the container does not allow io_uring, a warning states the
    /// reason and epoll is used instead. Options are bound from the configuration section <c>Kestrel:Transport:Uring</c>. If several
    /// transports are registered, the last one wins, unless <c>Handles</c> of its options or <c>Kestrel:Transport:Use</c> in configuration
    /// says otherwise. On systems other than Linux this has no effect.
    /// </summary>
    /// <param name="builder">The host's builder.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static IWebHostBuilder UseUringTransport(this IWebHostBuilder builder) => Registration.AddTo(builder);

    /// <inheritdoc cref="UseUringTransport(IWebHostBuilder)"/>
    /// <param name="builder">The host's builder.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Uring</c>.</param>
    public static IWebHostBuilder UseUringTransport(this IWebHostBuilder builder, Action<UringTransportOptions> configure) =>
        Registration.AddTo(builder, configure);

    /// <inheritdoc cref="UseUringTransport(IWebHostBuilder)"/>
    /// <param name="services">The host's services.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection UseUringTransport(this IServiceCollection services) => Registration.AddTo(services);

    /// <inheritdoc cref="UseUringTransport(IServiceCollection)"/>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Uring</c>.</param>
    public static IServiceCollection UseUringTransport(this IServiceCollection services, Action<UringTransportOptions> configure) =>
        Registration.AddTo(services, configure);
}
