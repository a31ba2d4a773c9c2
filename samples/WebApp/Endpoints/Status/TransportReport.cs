using System.Text.Json.Serialization;
using FileAio;

namespace WebApp.Endpoints.Status;

/// <summary>Represents the response of <c>GET /transport</c>.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record TransportReport
{
    /// <summary>The name of the I/O model.</summary>
    public required string Transport { get; init; }

    /// <summary>Where application code runs.</summary>
    public required string Scheduling { get; init; }

    /// <summary>The number of event loops; for <c>sockets</c>, of I/O queues.</summary>
    public required int Loops { get; init; }

    /// <summary>The number of open connections, including this one; null if the transport does not report it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Connections { get; init; }

    /// <summary>Every instrument of the transports' meters, including the model's own, summed over the loops.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, long>? Counters { get; init; }

    /// <summary>The same per loop.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IEnumerable<IReadOnlyDictionary<string, long>>? PerLoop { get; init; }

    /// <summary>The status of each served folder.</summary>
    public IReadOnlyList<DirectIoFilesStatus> Files { get; init; } = [];

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Note { get; init; }

    public required ProcessReport Process { get; init; }
}
