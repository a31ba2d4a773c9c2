namespace WebApp.Live;

/// <summary>What one transport did in the last second. What it does not report is null.</summary>
internal sealed record SideSnapshot
{
    public required string Transport { get; init; }

    public required int Port { get; init; }

    /// <summary>The load that runs; null for none.</summary>
    public LoadKind? Load { get; init; }

    /// <summary>Requests whose handling ended.</summary>
    public required long Requests { get; init; }

    /// <summary>Processors used by its threads, from 0. For Sockets the thread pool's, which other code uses too.</summary>
    public required double Cpu { get; init; }

    /// <summary>Latency of <c>/plaintext</c> as the clients of the load see it, in microseconds.</summary>
    public double? P50 { get; init; }

    public double? P99 { get; init; }

    /// <summary>Bytes that the clients of the load received.</summary>
    public long? Bytes { get; init; }

    /// <summary>Failed requests of the load since it started.</summary>
    public long? Errors { get; init; }

    public long? Connections { get; init; }

    public long? Iterations { get; init; }

    /// <summary>Events for each iteration that had any to wait for.</summary>
    public double? Batch { get; init; }

    public long? Workers { get; init; }

    public int? PoolThreads { get; init; }
}
