using Microsoft.Extensions.DependencyInjection;
using Transport.Core.Hosting;
using Transport.Core.Readiness;
using Transport.Select;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Adds the poll(2) transport.</summary>
public static class PollTransportExtensions
{
    private static readonly TransportRegistration<PollTransportOptions> Registration = new(
        "Poll",
        static (options, section) => options.BindConfiguration(section),
        static (options, _) =>
        {
            PollCall call = options.Call;
            return new IoModel("poll", "Poll", setup => new ReadinessLoop(setup, () => new PollPoller(call)));
        });

    /// <summary>
    /// Configures Kestrel to use the poll(2) transport. Options are bound from the configuration section
    /// <c>Kestrel:Transport:Poll</c>. If several transports are registered, the last one wins, unless <c>Handles</c> of its options or
    /// <c>Kestrel:Transport:Use</c> in configuration says otherwise. On systems other than Linux this has no effect.
    /// </summary>
    /// <param name="builder">The host's builder.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static IWebHostBuilder UsePollTransport(this IWebHostBuilder builder) => Registration.AddTo(builder);

    /// <inheritdoc cref="UsePollTransport(IWebHostBuilder)"/>
    /// <param name="builder">The host's builder.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Poll</c>.</param>
    public static IWebHostBuilder UsePollTransport(this IWebHostBuilder builder, Action<PollTransportOptions> configure) =>
        Registration.AddTo(builder, configure);

    /// <inheritdoc cref="UsePollTransport(IWebHostBuilder)"/>
    /// <param name="services">The host's services.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection UsePollTransport(this IServiceCollection services) => Registration.AddTo(services);

    /// <inheritdoc cref="UsePollTransport(IServiceCollection)"/>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Poll</c>.</param>
    public static IServiceCollection UsePollTransport(this IServiceCollection services, Action<PollTransportOptions> configure) =>
        Registration.AddTo(services, configure);
}
