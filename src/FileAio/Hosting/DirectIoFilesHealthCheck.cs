using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FileAio.Hosting;

/// <summary>A health check that reports which engines read files. It fails if an engine is a fallback.</summary>
internal sealed class DirectIoFilesHealthCheck(IServiceProvider services) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<DirectIoFilesStatus> mounts = StatusRegistry.Of(services);
        Dictionary<string, object> data = new(StringComparer.Ordinal);
        List<string> fallbacks = [];
        foreach (DirectIoFilesStatus mount in mounts)
        {
            string name = $"{(mount.RequestPath.Length == 0 ? "/" : mount.RequestPath)} ({mount.Root})";
            data[name] = mount.Engine;
            if (mount.FallbackReason is not null)
            {
                fallbacks.Add($"{name}: using {mount.Engine} instead, because {mount.FallbackReason}");
            }
        }

        string description = mounts.Count == 0 ? "No files are served."
            : $"Files are read by {string.Join(", ", mounts.Select(static mount => mount.Engine).Distinct())}.";
        return Task.FromResult(fallbacks.Count == 0
            ? HealthCheckResult.Healthy(description, data)
            : new HealthCheckResult(context.Registration.FailureStatus, string.Join("; ", fallbacks), exception: null, data));
    }
}
