using System.Text.Json;
using System.Text.Json.Serialization;
using Bench.Servers;

namespace Bench.Results;

/// <summary>What a run leaves in bench/results/: the one schema of them all.</summary>
internal sealed record ResultFile
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Version of this schema.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>"ab", "models" or "files".</summary>
    public required string Kind { get; init; }

    /// <summary>When the run began, UTC.</summary>
    public required DateTimeOffset Taken { get; init; }

    /// <summary>The commit that was measured; "-dirty" behind it when files differed from it.</summary>
    public required string Commit { get; init; }

    /// <summary>The command line that repeats the run.</summary>
    public required string Command { get; init; }

    public required Machine Machine { get; init; }

    public IReadOnlyList<Comparison> Comparisons { get; init; } = [];

    public required IReadOnlyList<Cell> Cells { get; init; }

    /// <summary>Undisturbed windows beside sliced cells: latencies, instructions.</summary>
    public IReadOnlyList<Cell> LatencyCells { get; init; } = [];

    /// <summary>What was not measured, and for want of what.</summary>
    public IReadOnlyList<string> Skipped { get; init; } = [];

    /// <summary>Where <see cref="Save"/> puts it when not told otherwise.</summary>
    [JsonIgnore]
    public string DefaultPath => Path.Combine(Repository.BenchFolder, "results", $"{Taken:yyyy-MM-dd-HHmmss}-{Kind}.json");

    public static ResultFile Begin(string kind, string command, string commit) => new()
    {
        Kind = kind,
        Taken = DateTimeOffset.UtcNow,
        Commit = commit,
        Command = command,
        Machine = Machine.Read(),
        Cells = [],
    };

    public static async Task<string> ReadCommitAsync()
    {
        string? commit = await ChildProcess.TryReadAsync("git", "-C", Repository.Root, "describe", "--always", "--dirty", "--abbrev=12");
        return commit is { Length: > 0 } ? commit : "unknown";
    }

    /// <exception cref="InvalidDataException">The file is not a result of this schema.</exception>
    public static ResultFile Read(string path)
    {
        try
        {
            ResultFile? result = JsonSerializer.Deserialize<ResultFile>(File.ReadAllText(path), Json);
            return Complaint(result) is { } complaint ? throw new InvalidDataException($"{path}: {complaint}") : result!;
        }
        catch (JsonException malformed)
        {
            throw new InvalidDataException($"{path}: {malformed.Message}", malformed);
        }
    }

    private static string? Complaint(ResultFile? result) => result switch
    {
        null => "null is no result",
        { Schema: not 1 } => $"schema {result.Schema}, and this reads schema 1",
        { Kind: not ("ab" or "models" or "files") } => $"kind {result.Kind} is not one of ab, models, files",
        _ when result.Cells.Concat(result.LatencyCells).Any(cell => cell is null) || result.Comparisons.Any(comparison => comparison is null) => "a cell or comparison is null",
        _ => null,
    };

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Writes it under a name made of its kind and time, and says where.</summary>
    public string Save(string? folder = null)
    {
        string path = folder is null ? DefaultPath : Path.Combine(folder, Path.GetFileName(DefaultPath));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, ToJson() + "\n");
        return path;
    }
}
