using Microsoft.Extensions.DependencyInjection;
using Transport.Core.Hosting;
using Transport.Core.Readiness;
using Transport.Epoll;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Adds the epoll(7) transport.</summary>
public static class EpollTransportExtensions
{
    private static readonly TransportRegistration<EpollTransportOptions> Registration = new(
        "Epoll",
        static (options, section) => options.BindConfiguration(section),
        static (options, _) =>
        {
            EpollTrigger trigger = options.Trigger;
            return new IoModel("epoll", "Epoll", setup => new ReadinessLoop(setup, () => new EpollPoller(trigger)));
        });

    /// <summary>
    /// Configures Kestrel to use the epoll(7) transport. Options are bound from the configuration section
    /// <c>Kestrel:Transport:Epoll</c>. If several transports are registered, the last one wins, unless <c>Handles</c> of its options or
    /// <c>Kestrel:Transport:Use</c> in configuration says otherwise. On systems other than Linux this has no effect.
    /// </summary>
    /// <param name="builder">The host's builder.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static IWebHostBuilder UseEpollTransport(this IWebHostBuilder builder) => Registration.AddTo(builder);

    /// <inheritdoc cref="UseEpollTransport(IWebHostBuilder)"/>
    /// <param name="builder">The host's builder.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Epoll</c>.</param>
    public static IWebHostBuilder UseEpollTransport(this IWebHostBuilder builder, Action<EpollTransportOptions> configure) =>
        Registration.AddTo(builder, configure);

    /// <inheritdoc cref="UseEpollTransport(IWebHostBuilder)"/>
    /// <param name="services">The host's services.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection UseEpollTransport(this IServiceCollection services) => Registration.AddTo(services);

    /// <inheritdoc cref="UseEpollTransport(IServiceCollection)"/>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Epoll</c>.</param>
    public static IServiceCollection UseEpollTransport(this IServiceCollection services, Action<EpollTransportOptions> configure) =>
        Registration.AddTo(services, configure);
}
