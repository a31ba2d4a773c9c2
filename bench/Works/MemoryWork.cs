using Bench.Load;
using Bench.Measuring;
using Bench.Results;
using Bench.Servers;

namespace Bench.Works;

/// <summary>What an idle keep-alive connection holds: memory with many of them, less the memory before.</summary>
internal sealed record MemoryWork(string Name, string Says, int Connections) : Work(Name, Says, Headline.Memory)
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(0.5);

    public override Tool? Needs => null;

    /// <summary>A heap that has grown once shows nothing the second time.</summary>
    public override bool Fresh => true;

    public override async Task WarmAsync(Server server, WarmUp limits, CancellationToken cancellation)
    {
        IdleConnections.Open(server.EndPoint, 10, cancellation).Dispose();
        await Task.Delay(Settle, cancellation);
    }

    public override async Task<Cell> MeasureAsync(Server server, TimeSpan duration, CancellationToken cancellation)
    {
        try
        {
            MemoryUse before = MemoryUse.Read(server.ProcessIds);
            using IdleConnections idle = IdleConnections.Open(server.EndPoint, Connections, cancellation);
            await Task.Delay(Settle, cancellation);
            MemoryUse after = MemoryUse.Read(server.ProcessIds);
            return new Cell
            {
                Server = server.Name,
                Work = Name,
                Requests = Connections,
                MemoryPerConnection = (double)(after.Proportional - before.Proportional) / Connections,
                ProportionalMemory = after.Proportional,
                ResidentMemory = after.Resident,
            };
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or System.Net.Sockets.SocketException)
        {
            return new Cell { Server = server.Name, Work = Name, Refused = failure.Message };
        }
    }
}
