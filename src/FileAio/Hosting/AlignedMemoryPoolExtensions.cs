using FileAio.Buffers;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Provides an extension method that gives Kestrel aligned memory.</summary>
public static class AlignedMemoryPoolExtensions
{
    /// <summary>
    /// Configures Kestrel and its transports to use memory whose blocks are page-aligned. Direct reads of <c>UseDirectIoFiles</c> then go
    /// into the memory of the response pipe and are not copied. All connections of the server use this memory.
    /// </summary>
    /// <param name="builder">The web host builder.</param>
    /// <returns>The web host builder.</returns>
    public static IWebHostBuilder UseAlignedMemoryPool(this IWebHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureServices(static services => services.AddSingleton<IMemoryPoolFactory<byte>, AlignedMemoryPoolFactory>());
    }
}
