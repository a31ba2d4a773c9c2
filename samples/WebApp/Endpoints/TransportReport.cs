using System.Text.Json.Serialization;
using FileAio;

namespace WebApp.Endpoints;

/// <summary>What <c>GET /transport</c> tells.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record TransportReport
{
    /// <summary>The I/O model's name.</summary>
    public required string Transport { get; init; }

    /// <summary>Where application code runs.</summary>
    public required string Scheduling { get; init; }

    /// <summary>Event loops; for <c>sockets</c>, I/O queues.</summary>
    public required int Loops { get; init; }

    /// <summary>Connections open now, this one among them; null where the transport does not say.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Connections { get; init; }

    /// <summary>Every instrument of the transports' meters, the model's own among them, summed over the loops.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, long>? Counters { get; init; }

    /// <summary>The same, loop by loop.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IEnumerable<IReadOnlyDictionary<string, long>>? PerLoop { get; init; }

    /// <summary>How files are served, folder by folder.</summary>
    public IReadOnlyList<DirectIoFilesStatus> Files { get; init; } = [];

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Note { get; init; }

    public required ProcessReport Process { get; init; }
}
