using Microsoft.Extensions.DependencyInjection;
using Transport.Rtsig;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Serving Kestrel by queued real-time signals.</summary>
public static class RtsigWebHostBuilderExtensions
{
    /// <summary>
    /// Has Kestrel served by a loop of our own on queued real-time signals (fcntl(2), F_SETSIG), in place of its Sockets transport. The
    /// last transport asked for serves. Off Linux this leaves Kestrel as it was.
    /// </summary>
    /// <param name="builder">The host's builder.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static IWebHostBuilder UseRtsigTransport(this IWebHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureServices(services => services.UseRtsigTransport());
    }

    /// <inheritdoc cref="UseRtsigTransport(IWebHostBuilder)"/>
    /// <param name="builder">The host's builder.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Rtsig</c>.</param>
    public static IWebHostBuilder UseRtsigTransport(this IWebHostBuilder builder, Action<RtsigTransportOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        return builder.ConfigureServices(services => services.UseRtsigTransport(configure));
    }
}
