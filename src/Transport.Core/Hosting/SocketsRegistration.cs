using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Transport.Core.Hosting;

/// <summary>
/// Tells whether <c>UseSockets()</c> was called after one of our transports was registered. It adds its factory only if there is none yet, so
/// the order of the factories does not tell, and a later <c>UseSockets()</c> would have no effect.
/// </summary>
internal static class SocketsRegistration
{
    private const int DescriptorsToServer = 3;

    /// <param name="services">The services, complete.</param>
    /// <param name="ours">The factory of one of our transports.</param>
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

    /// <summary>UseKestrel begins with what UseSockets does, and registers the server three descriptors later. It chooses no transport.</summary>
    private static bool IsOfUseKestrel(IServiceCollection services, int index) =>
        services.Skip(index + 1).Take(DescriptorsToServer).Any(static descriptor => descriptor.ServiceType == typeof(IServer));

    /// <summary>
    /// What each call of <c>UseSockets()</c> leaves: options that are configured with the memory pool's factory. An application that sets
    /// the options itself has no reason to ask for that.
    /// </summary>
    private static bool IsOfUseSockets(ServiceDescriptor descriptor) =>
        descriptor.ServiceType == typeof(IConfigureOptions<SocketTransportOptions>)
        && !descriptor.IsKeyedService
        && descriptor.ImplementationFactory?.Target?.GetType().GenericTypeArguments.Contains(typeof(IMemoryPoolFactory<byte>)) == true;
}
