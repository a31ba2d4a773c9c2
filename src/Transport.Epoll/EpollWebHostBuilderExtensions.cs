using Microsoft.Extensions.DependencyInjection;
using Transport.Epoll;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Serving Kestrel by epoll.</summary>
public static class EpollWebHostBuilderExtensions
{
    /// <summary>
    /// Has Kestrel served by a loop of our own on epoll(7), in place of its Sockets transport. The last transport asked for serves.
    /// Off Linux this leaves Kestrel as it was.
    /// </summary>
    /// <param name="builder">The host's builder.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static IWebHostBuilder UseEpollTransport(this IWebHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureServices(services => services.UseEpollTransport());
    }

    /// <inheritdoc cref="UseEpollTransport(IWebHostBuilder)"/>
    /// <param name="builder">The host's builder.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Epoll</c>.</param>
    public static IWebHostBuilder UseEpollTransport(this IWebHostBuilder builder, Action<EpollTransportOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        return builder.ConfigureServices(services => services.UseEpollTransport(configure));
    }
}
