namespace WebApp.Live;

/// <summary>Represents the activity of one transport in the last second. Values that it does not report are null.</summary>
internal sealed record SideSnapshot
{
    public required string Transport { get; init; }

    public required int Port { get; init; }

    /// <summary>The running load; null for none.</summary>
    public LoadKind? Load { get; init; }

    /// <summary>The number of completed requests.</summary>
    public required long Requests { get; init; }

    /// <summary>The processors used by its threads, from 0. For Sockets, those of the thread pool, which other code uses too.</summary>
    public required double Cpu { get; init; }

    /// <summary>The latency of <c>/plaintext</c> as measured by the clients of the load, in microseconds.</summary>
    public double? P50 { get; init; }

    public double? P99 { get; init; }

    /// <summary>The bytes that the clients of the load received.</summary>
    public long? Bytes { get; init; }

    /// <summary>The failed requests since the load started.</summary>
    public long? Errors { get; init; }

    public long? Connections { get; init; }

    public long? Iterations { get; init; }

    /// <summary>The number of events per loop iteration with events.</summary>
    public double? Batch { get; init; }

    public long? Workers { get; init; }

    public int? PoolThreads { get; init; }
}
