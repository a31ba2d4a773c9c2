using Microsoft.Extensions.DependencyInjection;
using Transport.Select;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Serving Kestrel by select.</summary>
public static class SelectWebHostBuilderExtensions
{
    /// <summary>
    /// Has Kestrel served by a loop of our own on select(2), in place of its Sockets transport. The last transport asked for serves.
    /// Off Linux this leaves Kestrel as it was.
    /// </summary>
    /// <param name="builder">The host's builder.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static IWebHostBuilder UseSelectTransport(this IWebHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureServices(services => services.UseSelectTransport());
    }

    /// <inheritdoc cref="UseSelectTransport(IWebHostBuilder)"/>
    /// <param name="builder">The host's builder.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Select</c>.</param>
    public static IWebHostBuilder UseSelectTransport(this IWebHostBuilder builder, Action<SelectTransportOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        return builder.ConfigureServices(services => services.UseSelectTransport(configure));
    }
}
