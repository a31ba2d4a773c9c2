using System.Text.Json;
using System.Text.Json.Serialization;
using Bench.Plans;
using Bench.Servers;

namespace Bench.Results;

/// <summary>A result in bench/results. Every kind of result has the same schema.</summary>
internal sealed record ResultFile
{
    /// <summary>The series that results of files are compared with.</summary>
    public const string ReferenceOfFiles = "static";

    /// <summary>The kinds of results that compare two transports.</summary>
    public const string Ab = "ab", Arena = "arena";

    /// <summary>The schema that this program writes; it also reads schema 1.</summary>
    public const int CurrentSchema = 2;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>The version of the schema.</summary>
    public int Schema { get; init; } = CurrentSchema;

    /// <summary>"ab", "arena", "models" or "files".</summary>
    public required string Kind { get; init; }

    /// <summary>The start of the run, UTC.</summary>
    public required DateTimeOffset Taken { get; init; }

    /// <summary>The commit that was measured, with the suffix "-dirty" when files had uncommitted changes.</summary>
    public required string Commit { get; init; }

    /// <summary>The command line that repeats the run.</summary>
    public required string Command { get; init; }

    public required Machine Machine { get; init; }

    /// <summary>"split" or "shared": the placement of server and load generator.</summary>
    public string Cores { get; init; } = CorePlacement.Split.Name;

    /// <summary>The placement in the words of titles: "split cores" or "shared cores".</summary>
    [JsonIgnore]
    public string Placement => $"{Cores} cores";

    public IReadOnlyList<Comparison> Comparisons { get; init; } = [];

    /// <summary>The limits that the run was measured against; empty for none.</summary>
    public IReadOnlyList<Goal> Goals { get; init; } = [];

    /// <summary>The cells of all rounds, accepted and refused.</summary>
    public required IReadOnlyList<Cell> Cells { get; init; }

    /// <summary>Uninterrupted windows beside sliced pairs: latencies and instructions.</summary>
    public IReadOnlyList<Cell> LatencyCells { get; init; } = [];

    /// <summary>What was not measured, and why.</summary>
    public IReadOnlyList<string> Skipped { get; init; } = [];

    /// <summary>Whether the result compares two transports.</summary>
    [JsonIgnore]
    public bool IsComparison => IsComparisonKind(Kind);

    /// <summary>Whether the run measured uncommitted changes.</summary>
    [JsonIgnore]
    public bool IsDirty => Commit.EndsWith("-dirty", StringComparison.Ordinal);

    /// <summary>The path that <see cref="Save"/> writes to by default.</summary>
    [JsonIgnore]
    public string DefaultPath => Path.Combine(Repository.BenchFolder, "results", $"{Taken:yyyy-MM-dd-HHmmss}-{Kind}.json");

    public static bool IsComparisonKind(string kind) => kind is Ab or Arena;

    public static ResultFile Begin(Plan plan, string command, string commit) => new()
    {
        Kind = plan.Kind,
        Taken = DateTimeOffset.UtcNow,
        Commit = commit,
        Command = command,
        Machine = Machine.Read(),
        Cores = plan.Cores.Name,
        Goals = plan.Goals,
        Cells = [],
    };

    public static async Task<string> ReadCommitAsync()
    {
        string? commit = await ChildProcess.TryReadAsync("git", "-C", Repository.Root, "describe", "--always", "--dirty", "--abbrev=12");
        return commit is { Length: > 0 } ? commit : "unknown";
    }

    /// <summary>Reads a result; one of schema 1 is converted.</summary>
    /// <exception cref="InvalidDataException">The file is not a result of schema 1 or 2.</exception>
    public static ResultFile Read(string path)
    {
        try
        {
            ResultFile? result = JsonSerializer.Deserialize<ResultFile>(File.ReadAllText(path), Json);
            return Complaint(result) is { } complaint ? throw new InvalidDataException($"{path}: {complaint}")
                : Schema1.Convert(result! with { Cores = CorePlacement.NameOf(result.Cores) });
        }
        catch (JsonException malformed)
        {
            throw new InvalidDataException($"{path}: {malformed.Message}", malformed);
        }
    }

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Writes the result to a file named by its time and kind.</summary>
    /// <returns>The path.</returns>
    public string Save(string? folder = null)
    {
        string path = folder is null ? DefaultPath : Path.Combine(folder, Path.GetFileName(DefaultPath));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, ToJson() + "\n");
        return path;
    }

    private static string? Complaint(ResultFile? result) => result switch
    {
        null => "null is not a result",
        { Schema: < 1 or > CurrentSchema } => $"schema {result.Schema} is not supported; supported: 1 to {CurrentSchema}",
        { Kind: not (Ab or Arena or "models" or "files") } => $"kind '{result.Kind}' is not one of ab, arena, models, files",
        _ when result.Cells.Concat(result.LatencyCells).Any(cell => cell is null)
            || result.Comparisons.Any(comparison => comparison is null) =>
            "a cell or a comparison is null",
        _ => null,
    };
}
