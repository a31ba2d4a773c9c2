using System.Text.Json.Serialization;
using Bench.Load;

namespace Bench.Results;

/// <summary>The figures of one server under one work in one measurement. Figures that were not measured are null.</summary>
internal sealed record Cell
{
    public required string Server { get; init; }

    public required string Work { get; init; }

    /// <summary>The number of the set of processes, from 0.</summary>
    public int Generation { get; init; }

    /// <summary>The number of the round within the generation, from 0.</summary>
    public int Pair { get; init; }

    /// <summary>The reason why this cell was refused; null when it was accepted.</summary>
    public string? Refused { get; init; }

    public double? Seconds { get; init; }

    public long? Requests { get; init; }

    /// <summary>The number of requests that an open loop was to send; null for a closed loop.</summary>
    public long? Offered { get; init; }

    public double? RequestsPerSecond { get; init; }

    /// <summary>CPU time of the server, user and kernel, in microseconds. In a sliced pair, that of the slices which count.</summary>
    public double? CpuPerRequest { get; init; }

    /// <summary>Results of schema 1 only: the median over neighbouring slices of B's CPU time per request to A's.</summary>
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

    /// <summary>PSS that one connection adds, in bytes.</summary>
    public double? MemoryPerConnection { get; init; }

    /// <summary>The share of its processors that the server used, from 0 to 1.</summary>
    public double? ServerBusy { get; init; }

    /// <summary>The share of its processors that the load generator used, from 0 to 1.</summary>
    public double? ClientBusy { get; init; }

    /// <summary>The position on the axis of a curve: idle connections, offered rate or queue limit.</summary>
    public double? At { get; init; }

    /// <summary>"A" or "B" in a comparison of two servers; elsewhere the name of the series.</summary>
    public string? Series { get; init; }

    /// <summary>Figures of a single kind of measurement, by name.</summary>
    public IReadOnlyDictionary<string, double>? Figures { get; init; }

    /// <summary>Whether the cell was accepted.</summary>
    [JsonIgnore]
    public bool Counts => Refused is null;

    /// <summary>The series; the server's name in results that name no series.</summary>
    [JsonIgnore]
    public string Key => Series ?? Server;

    /// <summary>Returns a figure of <see cref="Figures"/>; null when there is none of that name.</summary>
    public double? Named(string name) => Figures is { } figures && figures.TryGetValue(name, out double value) ? value : null;
}
