using Transport.Core.Hosting;
using Transport.Core.Readiness;
using Transport.Select;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Serving Kestrel by poll.</summary>
public static class PollServiceCollectionExtensions
{
    /// <summary>
    /// Has Kestrel served by a loop of our own on poll(2), in place of its Sockets transport. The last transport asked for serves.
    /// Off Linux this leaves Kestrel as it was.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection UsePollTransport(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (OperatingSystem.IsLinux())
        {
            services.ValidateSection<PollTransportOptions>("Kestrel:Transport:Poll");
            services.AddOptions<PollTransportOptions>().BindConfiguration("Kestrel:Transport:Poll");
            services.AddTransport<PollTransportOptions>(static options =>
            {
                PollCall call = options.Call;
                return new IoModel("poll", "Poll", setup => new ReadinessLoop(setup, () => new PollPoller(call)));
            });
        }

        return services;
    }

    /// <inheritdoc cref="UsePollTransport(IServiceCollection)"/>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Poll</c>.</param>
    public static IServiceCollection UsePollTransport(this IServiceCollection services, Action<PollTransportOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        services.UsePollTransport();
        return services.Configure(configure);
    }
}
