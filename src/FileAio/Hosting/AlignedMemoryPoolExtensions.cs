using FileAio.Buffers;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Aligned memory for Kestrel's pipes.</summary>
public static class AlignedMemoryPoolExtensions
{
    /// <summary>
    /// Gives Kestrel and its transports memory whose blocks start on a page, so that direct reads of <c>UseDirectIoFiles</c> land in the
    /// response's own memory and are not copied. It serves every connection of the server; nothing else changes.
    /// </summary>
    /// <param name="builder">The web host.</param>
    /// <returns>The web host.</returns>
    public static IWebHostBuilder UseAlignedMemoryPool(this IWebHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureServices(static services => services.AddSingleton<IMemoryPoolFactory<byte>, AlignedMemoryPoolFactory>());
    }
}
