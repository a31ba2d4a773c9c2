using FileAio.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Provides an extension method that adds a health check of file serving.</summary>
public static class DirectIoFilesHealthCheckExtensions
{
    /// <summary>
    /// Adds a health check that reports the engine of each <c>UseDirectIoFiles</c> and <c>MapDirectIoFiles</c>. It fails if an engine is a
    /// fallback, with the reason.
    /// </summary>
    /// <param name="builder">The health checks builder.</param>
    /// <param name="name">The check's name. Default: <c>direct-io-files</c>.</param>
    /// <param name="failureStatus">
    /// The status of a failure. Default: null, which is <see cref="HealthStatus.Degraded"/>, because files are still served.
    /// </param>
    /// <param name="tags">Tags to filter by. Default: none.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static IHealthChecksBuilder AddDirectIoFiles(
        this IHealthChecksBuilder builder, string name = "direct-io-files", HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            name, static services => new DirectIoFilesHealthCheck(services), failureStatus ?? HealthStatus.Degraded, tags));
    }
}
