using System.Net.Sockets;
using System.Text;
using Bench.Load;
using Bench.Measuring;
using Bench.Plans;
using Bench.Results;
using Bench.Servers;
using Bench.Works;

namespace Bench.Files;

/// <summary>
/// Measures the memory of a client that requests a large file and receives nothing: the server's PSS with many of them, minus the PSS
/// before. Socket buffers belong to the kernel and are not included.
/// </summary>
internal sealed record StalledWork(string Name, string Description, int Clients) : Work(Name, Description, Headline.Memory), IFileWork
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(5);   // pools release what the burst of requests needed

    public bool Cold => false;

    public FileGroup? Reads { get; init; }

    public override Tool? Needs => null;

    public override ProcessLifetime Lifetime => ProcessLifetime.Cell;

    /// <summary>A few clients bring the heap and the pools to their usual size.</summary>
    public override async Task WarmAsync(Server server, MeasureSettings settings, CancellationToken cancellation) =>
        await HoldAsync(server, 8, () => Task.Delay(settings.WarmUp.AtLeast, cancellation));

    public override async Task<Cell> MeasureAsync(Server server, WorkPoint point, MeasureSettings settings, CancellationToken cancellation)
    {
        MemoryUse before = MemoryUse.Read(server.ProcessIds);
        MemoryUse after = before;
        string? failure = null;
        try
        {
            await HoldAsync(server, Clients, async () =>
            {
                await Task.Delay(Settle, cancellation);
                after = MemoryUse.Read(server.ProcessIds);
            });
        }
        catch (SocketException refused)
        {
            failure = refused.Message;
        }

        return new Cell
        {
            Server = server.Name,
            Work = Name,
            Refused = failure ?? AcceptanceRules.JudgePort(server),
            Requests = Clients,
            MemoryPerConnection = (double)(after.Proportional - before.Proportional) / Clients,
            ProportionalMemory = after.Proportional,
            ResidentMemory = after.Resident,
        };
    }

    private static async Task HoldAsync(Server server, int clients, Func<Task> meanwhile)
    {
        byte[] request = Encoding.ASCII.GetBytes($"GET {server.FilesPrefix}large-0 HTTP/1.1\r\nHost: localhost\r\n\r\n");
        List<Socket> sockets = new List<Socket>(clients);
        try
        {
            for (int number = 0; number < clients; number++)
            {
                Socket socket = new Socket(server.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
                {
                    LingerState = new LingerOption(true, 0),
                };
                sockets.Add(socket);
                await socket.ConnectAsync(server.EndPoint);
                await socket.SendAsync(request);
            }

            await meanwhile();
        }
        finally
        {
            foreach (Socket socket in sockets)
            {
                socket.Dispose();
            }
        }
    }
}
