using System.Net.Sockets;
using System.Text;
using Bench.Load;
using Bench.Measuring;
using Bench.Results;
using Bench.Servers;

namespace Bench.Files;

/// <summary>What a client costs that asks for a large file and then takes nothing: the server's memory with many of them, less the memory
/// before. What the kernel holds in socket buffers is not in it.</summary>
internal sealed record StalledWork(string Name, string Says, int Clients) : FileWork(Name, Says, Cold: false)
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(5);   // pools give back what the burst of requests needed

    public override Tool? Needs => null;

    /// <summary>A few clients make the heap and the pools what they are for any.</summary>
    public override async Task WarmAsync(Server server, string prefix, TimeSpan duration, CancellationToken cancellation) =>
        await HoldAsync(server, prefix, 8, () => Task.Delay(duration, cancellation));

    public override async Task<Cell> MeasureAsync(FileServer spec, Server server, TimeSpan duration, CancellationToken cancellation)
    {
        MemoryUse before = MemoryUse.Read(server.ProcessIds);
        MemoryUse after = before;
        string? failure = null;
        try
        {
            await HoldAsync(server, spec.Prefix, Clients, async () =>
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
            Server = spec.Name,
            Work = Name,
            Refused = failure,
            Requests = Clients,
            MemoryPerConnection = (double)(after.Proportional - before.Proportional) / Clients,
            ProportionalMemory = after.Proportional,
            ResidentMemory = after.Resident,
        };
    }

    private static async Task HoldAsync(Server server, string prefix, int clients, Func<Task> meanwhile)
    {
        byte[] request = Encoding.ASCII.GetBytes($"GET {prefix}large-0 HTTP/1.1\r\nHost: localhost\r\n\r\n");
        List<Socket> sockets = new List<Socket>(clients);
        try
        {
            for (int number = 0; number < clients; number++)
            {
                Socket socket = new Socket(server.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(true, 0) };
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
