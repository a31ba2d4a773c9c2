using Microsoft.Extensions.DependencyInjection;
using Transport.Blocking;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Serving Kestrel by a blocking thread a connection.</summary>
public static class BlockingWebHostBuilderExtensions
{
    /// <summary>
    /// Has Kestrel served by a thread a connection, in each direction that needs one, and blocking calls, in place of its Sockets
    /// transport. The last transport asked for serves. Off Linux this leaves Kestrel as it was.
    /// </summary>
    /// <param name="builder">The host's builder.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static IWebHostBuilder UseBlockingTransport(this IWebHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureServices(services => services.UseBlockingTransport());
    }

    /// <inheritdoc cref="UseBlockingTransport(IWebHostBuilder)"/>
    /// <param name="builder">The host's builder.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Blocking</c>.</param>
    public static IWebHostBuilder UseBlockingTransport(this IWebHostBuilder builder, Action<BlockingTransportOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        return builder.ConfigureServices(services => services.UseBlockingTransport(configure));
    }
}
