namespace Bench.Servers;

/// <summary>Which processors the server and the load generator may use.</summary>
/// <param name="Name">"pinned" or "shared".</param>
/// <param name="Server">The processors of the server.</param>
/// <param name="Client">The processors of the load generator.</param>
internal sealed record CorePlacement(string Name, Cpus Server, Cpus Client)
{
    /// <summary>The server has the first processor, the load generator the second.</summary>
    public static readonly CorePlacement Pinned = new("pinned", Cpus.First, Cpus.Second);

    /// <summary>Server and load generator run unpinned on the same two processors.</summary>
    public static readonly CorePlacement Shared = new("shared", Cpus.FirstTwo, Cpus.FirstTwo);

    /// <summary>The names that <c>--cores</c> accepts.</summary>
    public static readonly IReadOnlyList<CorePlacement> All = [Pinned, Shared];

    /// <summary>Whether no processor belongs to both.</summary>
    public bool Apart => !Server.Numbers.Intersect(Client.Numbers).Any();

    /// <summary>The message of a result whose server and client should have been apart and could not be.</summary>
    public IReadOnlyList<string> Limitations =>
        this == Pinned && !Apart ? ["processors of their own for server and client: this machine has only one"] : [];

    /// <summary>The same placement with every processor for the server.</summary>
    public CorePlacement Spread() => this with { Server = Cpus.All };
}
