using Soak.Server;

namespace Soak.Load;

/// <summary>What all soaks are told.</summary>
internal sealed record SoakPlan
{
    public required string Transport { get; init; }

    public required IReadOnlyList<string> Set { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>How many of a thousand libc calls of the server meet a fault.</summary>
    public required int Faults { get; init; }

    /// <summary>The folder of results, logs and served files.</summary>
    public string Folder { get; init; } = Path.Combine("artifacts", "soak");

    /// <summary>The command line, for the report.</summary>
    public required string Command { get; init; }

    public ServerSettings Server(string? files = null) => new()
    {
        Transport = Transport,
        Set = Set,
        FaultsPerThousand = Faults,
        Seed = Seed,
        Files = files,
    };
}
