using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Transport.Core.Health;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Provides an extension method that adds a health check of the transports.</summary>
public static class TransportHealthCheckExtensions
{
    /// <summary>
    /// Adds a health check that reports which transport serves each end point, as data of the entry. It fails if a transport is a fallback,
    /// such as epoll where io_uring is not available. End points that Kestrel's Sockets serves are not listed.
    /// </summary>
    /// <param name="builder">The health checks builder.</param>
    /// <param name="name">The check's name. Default: <c>transport</c>.</param>
    /// <param name="failureStatus">
    /// The status of a failure. Default: null, which is <see cref="HealthStatus.Degraded"/>, because the end points are still served.
    /// </param>
    /// <param name="tags">Tags to filter by. Default: none.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static IHealthChecksBuilder AddTransport(
        this IHealthChecksBuilder builder, string name = "transport", HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton<ListeningEndPoints>();
        return builder.Add(new HealthCheckRegistration(
            name,
            static services => new TransportHealthCheck(services.GetRequiredService<ListeningEndPoints>()),
            failureStatus ?? HealthStatus.Degraded,
            tags));
    }
}
