using Microsoft.Extensions.DependencyInjection;
using Transport.Blocking;
using Transport.Core.Hosting;
using Transport.Core.Readiness;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Adds the busy-polling transport: event loops that poll all sockets and never sleep.</summary>
public static class BusyTransportExtensions
{
    private static readonly TransportRegistration<BusyTransportOptions> Registration = new(
        "Busy",
        static (options, section) => options.BindConfiguration(section),
        static (_, _) => new IoModel("busy", "Busy", static setup => new ReadinessLoop(setup, static () => new BusyPoller())));

    /// <summary>
    /// Configures Kestrel to use the busy-polling transport: event loops that poll all sockets and never sleep. Options are bound from the
    /// configuration section <c>Kestrel:Transport:Busy</c>. If several transports are registered, the last one wins, unless <c>Handles</c>
    /// of its options or <c>Kestrel:Transport:Use</c> in configuration says otherwise. On systems other than Linux this has no effect.
    /// </summary>
    /// <param name="builder">The host's builder.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static IWebHostBuilder UseBusyTransport(this IWebHostBuilder builder) => Registration.AddTo(builder);

    /// <inheritdoc cref="UseBusyTransport(IWebHostBuilder)"/>
    /// <param name="builder">The host's builder.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Busy</c>.</param>
    public static IWebHostBuilder UseBusyTransport(this IWebHostBuilder builder, Action<BusyTransportOptions> configure) =>
        Registration.AddTo(builder, configure);

    /// <inheritdoc cref="UseBusyTransport(IWebHostBuilder)"/>
    /// <param name="services">The host's services.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection UseBusyTransport(this IServiceCollection services) => Registration.AddTo(services);

    /// <inheritdoc cref="UseBusyTransport(IServiceCollection)"/>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Busy</c>.</param>
    public static IServiceCollection UseBusyTransport(this IServiceCollection services, Action<BusyTransportOptions> configure) =>
        Registration.AddTo(services, configure);
}
