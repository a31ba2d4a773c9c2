using Bench.Clients;
using Bench.Load;
using Bench.Measuring;
using Bench.Plans;
using Bench.Results;
using Bench.Servers;

namespace Bench.Works;

/// <summary>Measures the memory of an idle keep-alive connection: the server's PSS with many of them, minus the PSS before.</summary>
internal sealed record MemoryWork(string Name, string Description, int Connections) : Work(Name, Description, Headline.Memory)
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(0.5);

    /// <summary>Whether the server collects garbage before both readings, so that the size of the nursery is in neither.</summary>
    public bool Collected { get; init; }

    public override Tool? Needs => null;

    /// <summary>A heap that has grown once does not grow again for the same number of connections.</summary>
    public override ProcessLifetime Lifetime => ProcessLifetime.Cell;

    public override async Task WarmAsync(Server server, MeasureSettings settings, CancellationToken cancellation)
    {
        IdleConnections.Open(server.EndPoint, 10, cancellation).Dispose();
        await Task.Delay(Settle, cancellation);
    }

    public override async Task<Cell> MeasureAsync(Server server, WorkPoint point, MeasureSettings settings, CancellationToken cancellation)
    {
        try
        {
            MemoryUse before = await ReadAsync(server, cancellation);
            using IdleConnections idle = IdleConnections.Open(server.EndPoint, Connections, cancellation);
            await Task.Delay(Settle, cancellation);
            MemoryUse after = await ReadAsync(server, cancellation);
            return new Cell
            {
                Server = server.Name,
                Work = Name,
                Refused = AcceptanceRules.JudgePort(server),
                Requests = Connections,
                MemoryPerConnection = (double)(after.Proportional - before.Proportional) / Connections,
                ProportionalMemory = after.Proportional,
                ResidentMemory = after.Resident,
            };
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or HttpRequestException
            or System.Net.Sockets.SocketException)
        {
            return new Cell { Server = server.Name, Work = Name, Refused = failure.Message };
        }
    }

    private async Task<MemoryUse> ReadAsync(Server server, CancellationToken cancellation)
    {
        if (Collected)
        {
            await server.CollectAsync(cancellation);
        }

        return MemoryUse.Read(server.ProcessIds);
    }
}
