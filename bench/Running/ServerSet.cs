using Bench.Plans;
using Bench.Servers;

namespace Bench.Running;

/// <summary>One running process of each candidate. All but the one that is measured are frozen if they use CPU time while idle.</summary>
internal sealed class ServerSet : IAsyncDisposable
{
    private readonly List<(Candidate Candidate, Server Server)> _servers = [];

    public IReadOnlyList<(Candidate Candidate, Server Server)> All => _servers;

    public IReadOnlyList<Candidate> Candidates => [.. _servers.Select(one => one.Candidate)];

    public Server this[Candidate candidate] => _servers.First(one => one.Candidate == candidate).Server;

    public static async Task<ServerSet> StartAsync(
        IReadOnlyList<Candidate> candidates, CorePlacement cores, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        ServerSet set = new ServerSet();
        try
        {
            foreach (Candidate candidate in candidates)
            {
                Server server = await candidate.StartAsync(cores, arguments, cancellation);
                set._servers.Add((candidate, server));
                server.Freeze();
            }

            return set;
        }
        catch
        {
            await set.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs an action while only the given server may use CPU time.</summary>
    public static async Task AloneAsync(Server server, Func<Task> action) => await AloneAsync(server, async () =>
    {
        await action();
        return 0;
    });

    /// <summary>Runs a function while only the given server may use CPU time.</summary>
    public static async Task<T> AloneAsync<T>(Server server, Func<Task<T>> action)
    {
        server.Thaw();
        try
        {
            return await action();
        }
        finally
        {
            server.Freeze();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach ((Candidate _, Server server) in _servers)
        {
            await server.DisposeAsync();
        }
    }
}
