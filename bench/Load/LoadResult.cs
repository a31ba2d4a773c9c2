namespace Bench.Load;

/// <summary>The result of a load.</summary>
internal sealed record LoadResult
{
    /// <summary>The number of complete responses with the expected status.</summary>
    public required long Requests { get; init; }

    /// <summary>The number of requests that an open loop was to send; null for a closed loop.</summary>
    public long? Offered { get; init; }

    public required double Seconds { get; init; }

    /// <summary>The error; null when there was none.</summary>
    public string? Error { get; init; }

    /// <summary>Null where the load generator does not report latencies.</summary>
    public LatencySummary? Latency { get; init; }

    /// <summary>The latencies of requests that were to start in the first second; null where they are not distinguished.</summary>
    public LatencySummary? FirstSecond { get; init; }

    /// <summary>The latencies of requests that were to start after the first second; null where they are not distinguished.</summary>
    public LatencySummary? AfterFirstSecond { get; init; }

    /// <summary>Bytes received; null where the load generator does not report them.</summary>
    public long? Bytes { get; init; }

    /// <summary>How late an open loop sent requests although a connection was free: the 99th percentile, in microseconds. Latencies
    /// contain this time, which the server did not cause.</summary>
    public double? ClientLag { get; init; }

    public double RequestsPerSecond => Requests / Seconds;

    public static LoadResult Failed(TimeSpan duration, string error) =>
        new() { Requests = 0, Seconds = duration.TotalSeconds, Error = error };
}
