using System.Text.Json.Serialization;
using Bench.Load;

namespace Bench.Results;

/// <summary>One server under one work for one stretch of time. What does not apply or could not be measured is absent.</summary>
internal sealed record Cell
{
    public required string Server { get; init; }

    public required string Work { get; init; }

    /// <summary>Which pair of processes, from 0.</summary>
    public int Generation { get; init; }

    /// <summary>Which pair of measurements within the work, from 0.</summary>
    public int Pair { get; init; }

    /// <summary>Why this cell does not count; null when it does.</summary>
    public string? Refused { get; init; }

    public double? Seconds { get; init; }

    public long? Requests { get; init; }

    /// <summary>Open loop: requests that were meant to be made.</summary>
    public long? Offered { get; init; }

    public double? RequestsPerSecond { get; init; }

    /// <summary>CPU time of the server, user and kernel, in microseconds.</summary>
    public double? CpuPerRequest { get; init; }

    /// <summary>In B's cells: the median of B's CPU per request to A's over neighbouring slices.</summary>
    public double? CpuRatioBySlices { get; init; }

    public double? UserInstructionsPerRequest { get; init; }

    public double? KernelInstructionsPerRequest { get; init; }

    public double? ContextSwitchesPerRequest { get; init; }

    public double? AllocatedBytesPerRequest { get; init; }

    /// <summary>Collections of generation 0 and above.</summary>
    public int? Collections { get; init; }

    public LatencySummary? Latency { get; init; }

    /// <summary>PSS after the load, in bytes.</summary>
    public long? ProportionalMemory { get; init; }

    /// <summary>RSS after the load, in bytes.</summary>
    public long? ResidentMemory { get; init; }

    /// <summary>PSS that one idle keep-alive connection adds, in bytes.</summary>
    public double? MemoryPerConnection { get; init; }

    /// <summary>Share of its processors that the server had; 1 is all of them.</summary>
    public double? ServerBusy { get; init; }

    /// <summary>The same of the client.</summary>
    public double? ClientBusy { get; init; }

    /// <summary>Where on its curve a point lies: idle connections, offered rate, queue limit.</summary>
    public double? At { get; init; }

    /// <summary>Which side of a comparison, "A" or "B"; or which of several curves of one picture.</summary>
    public string? Series { get; init; }

    /// <summary>Figures of one kind of measurement alone, by name.</summary>
    public IReadOnlyDictionary<string, double>? Figures { get; init; }

    [JsonIgnore]
    public bool Counts => Refused is null;
}
