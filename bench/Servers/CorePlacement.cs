namespace Bench.Servers;

/// <summary>Which processors the server and the load generator may use.</summary>
/// <param name="Name">"split" or "shared".</param>
/// <param name="Server">The processors of the server.</param>
/// <param name="Client">The processors of the load generator.</param>
internal sealed record CorePlacement(string Name, Cpus Server, Cpus Client)
{
    /// <summary>The server has the first processor, the load generator the second.</summary>
    public static readonly CorePlacement Split = new("split", Cpus.First, Cpus.Second);

    /// <summary>Server and load generator run unpinned on the same two processors.</summary>
    public static readonly CorePlacement Shared = new("shared", Cpus.FirstTwo, Cpus.FirstTwo);

    /// <summary>The values of <c>--cores</c>, for help texts.</summary>
    public const string Help = "split (or one): the server has one processor, the load generator another. shared (or two): both run "
        + "unpinned on the same two processors.";

    public static readonly IReadOnlyList<CorePlacement> All = [Split, Shared];

    /// <summary>Other names that are accepted; results of earlier versions contain <c>pinned</c>.</summary>
    private static readonly Dictionary<string, CorePlacement> Aliases = new()
    {
        ["one"] = Split,
        ["pinned"] = Split,
        ["two"] = Shared,
    };

    /// <summary>Whether no processor belongs to both.</summary>
    public bool Apart => !Server.Numbers.Intersect(Client.Numbers).Any();

    /// <summary>The message of a result whose server and client should have been apart and could not be.</summary>
    public IReadOnlyList<string> Limitations =>
        this == Split && !Apart ? ["processors of their own for server and client: this machine has only one"] : [];

    /// <summary>Returns the placement of a name.</summary>
    /// <exception cref="FormatException">The name is unknown.</exception>
    public static CorePlacement Parse(string name) => Find(name)
        ?? throw new FormatException($"--cores is '{name}'; allowed: split, shared, one (split), two (shared)");

    /// <summary>Returns the current name of a placement; the given name when it is unknown.</summary>
    public static string NameOf(string name) => Find(name)?.Name ?? name;

    /// <summary>The same placement with every processor for the server.</summary>
    public CorePlacement Spread() => this with { Server = Cpus.All };

    private static CorePlacement? Find(string name) =>
        All.FirstOrDefault(one => one.Name == name) ?? Aliases.GetValueOrDefault(name);
}
