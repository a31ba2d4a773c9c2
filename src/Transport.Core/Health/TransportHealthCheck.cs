using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Transport.Core.Health;

/// <summary>A health check that reports the transport of each end point. It fails if a transport is a fallback.</summary>
internal sealed class TransportHealthCheck(ListeningEndPoints endPoints) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<ListeningEndPoint> listening = endPoints.ToList();
        Dictionary<string, object> data = new(StringComparer.Ordinal);
        List<string> fallbacks = [];
        foreach (ListeningEndPoint endPoint in listening)
        {
            string name = endPoint.EndPoint.ToString()!;
            data[name] = endPoint.Mechanism;
            if (endPoint.Mechanism != endPoint.Transport)
            {
                fallbacks.Add($"{name}: {endPoint.Transport} is not available, using {endPoint.Mechanism} instead");
            }
        }

        string description = listening.Count == 0
            ? "No end point is served by a transport of Kestrel.Transports; Kestrel's Sockets serves."
            : $"Served by {string.Join(", ", listening.Select(static endPoint => endPoint.Mechanism).Distinct())}.";
        return Task.FromResult(fallbacks.Count == 0
            ? HealthCheckResult.Healthy(description, data)
            : new HealthCheckResult(context.Registration.FailureStatus, $"{string.Join("; ", fallbacks)}.", exception: null, data));
    }
}
