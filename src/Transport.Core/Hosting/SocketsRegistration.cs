using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Transport.Core.Hosting;

/// <summary>
/// Determines whether <c>UseSockets()</c> was called after one of these transports was registered. <c>UseSockets()</c> adds its factory
/// only if there is none yet. The order of the factories therefore does not show it, and a later <c>UseSockets()</c> would have no effect.
/// </summary>
internal static class SocketsRegistration
{
    private const int DescriptorsToServer = 3;

    /// <param name="services">The complete service collection.</param>
    /// <param name="ours">The factory of one of these transports.</param>
    public static bool IsAfter(IServiceCollection services, ServiceDescriptor ours)
    {
        for (int i = services.Count - 1; i >= 0 && services[i] != ours; i--)
        {
            if (IsOfUseSockets(services[i]) && !IsOfUseKestrel(services, i))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// UseKestrel starts like UseSockets, and registers the server three descriptors later. That is not a choice of transport.
    /// </summary>
    private static bool IsOfUseKestrel(IServiceCollection services, int index) =>
        services.Skip(index + 1).Take(DescriptorsToServer).Any(static descriptor => descriptor.ServiceType == typeof(IServer));

    /// <summary>
    /// Every call of <c>UseSockets()</c> configures options with the memory pool's factory. An application that configures the options
    /// itself does not use that factory.
    /// </summary>
    private static bool IsOfUseSockets(ServiceDescriptor descriptor) =>
        descriptor.ServiceType == typeof(IConfigureOptions<SocketTransportOptions>)
        && !descriptor.IsKeyedService
        && descriptor.ImplementationFactory?.Target?.GetType().GenericTypeArguments.Contains(typeof(IMemoryPoolFactory<byte>)) == true;
}
