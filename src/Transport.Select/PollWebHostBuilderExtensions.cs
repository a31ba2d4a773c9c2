using Microsoft.Extensions.DependencyInjection;
using Transport.Select;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Serving Kestrel by poll.</summary>
public static class PollWebHostBuilderExtensions
{
    /// <summary>
    /// Has Kestrel served by a loop of our own on poll(2), in place of its Sockets transport. The last transport asked for serves.
    /// Off Linux this leaves Kestrel as it was.
    /// </summary>
    /// <param name="builder">The host's builder.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static IWebHostBuilder UsePollTransport(this IWebHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureServices(services => services.UsePollTransport());
    }

    /// <inheritdoc cref="UsePollTransport(IWebHostBuilder)"/>
    /// <param name="builder">The host's builder.</param>
    /// <param name="configure">Sets options, after they have been bound from <c>Kestrel:Transport:Poll</c>.</param>
    public static IWebHostBuilder UsePollTransport(this IWebHostBuilder builder, Action<PollTransportOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        return builder.ConfigureServices(services => services.UsePollTransport(configure));
    }
}
