using Microsoft.Extensions.DependencyInjection;
using Transport.Blocking;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Serving Kestrel by asking again and again.</summary>
public static class BusyWebHostBuilderExtensions
{
    /// <summary>
    /// Has Kestrel served by a loop of our own that asks non-blocking sockets again and again and never sleeps, in place of its Sockets
    /// transport. The last transport asked for serves. Off Linux this leaves Kestrel as it was.
    /// </summary>
    /// <param name="builder">The host's builder.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static IWebHostBuilder UseBusyTransport(this IWebHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureServices(services => services.UseBusyTransport());
    }

    /// <inheritdoc cref="UseBusyTransport(IWebHostBuilder)"/>
    /// <param name="builder">The host's builder.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Busy</c>.</param>
    public static IWebHostBuilder UseBusyTransport(this IWebHostBuilder builder, Action<BusyTransportOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        return builder.ConfigureServices(services => services.UseBusyTransport(configure));
    }
}
