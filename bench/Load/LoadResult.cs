namespace Bench.Load;

/// <summary>What a load generator saw.</summary>
internal sealed record LoadResult
{
    /// <summary>Responses that came whole and with the right status.</summary>
    public required long Requests { get; init; }

    /// <summary>Open loop: requests that were meant to be made; null for a closed loop, which offers what the server takes.</summary>
    public long? Offered { get; init; }

    public required double Seconds { get; init; }

    /// <summary>What went wrong, in words; null when nothing did.</summary>
    public string? Error { get; init; }

    /// <summary>Null where the generator does not tell.</summary>
    public LatencySummary? Latency { get; init; }

    /// <summary>Bytes received; null where the generator does not tell.</summary>
    public long? Bytes { get; init; }

    /// <summary>Open loop: how late the client itself was in sending, with a connection free, at the 99th percentile, in microseconds. What
    /// it adds to a latency is the client's fault and not the server's.</summary>
    public double? ClientLag { get; init; }

    public double RequestsPerSecond => Requests / Seconds;
}
