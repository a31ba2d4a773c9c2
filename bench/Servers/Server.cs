using System.Net;
using System.Net.Sockets;
using Bench.Interop;

namespace Bench.Servers;

/// <summary>A server that the bench starts and stops.</summary>
internal abstract class Server : IAsyncDisposable
{
    /// <summary>The name in results.</summary>
    public abstract string Name { get; }

    /// <summary>The processors of the server and of its load generator.</summary>
    public required CorePlacement Cores { get; init; }

    /// <summary>The URL prefix of served files.</summary>
    public string FilesPrefix { get; init; } = "/files/";

    public abstract int ProcessId { get; }

    /// <summary>The ids of all its processes; nginx has several.</summary>
    public virtual IReadOnlyList<int> ProcessIds => [ProcessId];

    /// <summary>The cleartext HTTP/1.1 end point, on loopback.</summary>
    public abstract IPEndPoint EndPoint { get; }

    public string Http => $"http://{EndPoint}";

    /// <summary>The base URL of the https end point; null where there is none.</summary>
    public virtual string? Https => null;

    /// <summary>The base URL of the cleartext HTTP/2 end point; null where there is none.</summary>
    public virtual string? Http2 => null;

    /// <summary>Returns the statistics that the process reports; null where it reports none.</summary>
    public virtual Task<SelfReport?> AskAsync(CancellationToken cancellation) => Task.FromResult<SelfReport?>(null);

    /// <summary>Makes the server collect its garbage and return free memory; does nothing where there is no garbage collector.</summary>
    public virtual Task CollectAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Whether the server uses CPU time while it is idle, as a busy-polling transport does.</summary>
    public bool UsesCpuWhenIdle { get; protected set; }

    /// <summary>Stops a server that uses CPU time while it is idle, for as long as another server is measured. A server that sleeps is not
    /// stopped: on SIGCONT its blocked-worker detection would take its own threads for blocked.</summary>
    public void Freeze()
    {
        if (UsesCpuWhenIdle)
        {
            Signal(Libc.SIGSTOP);
        }
    }

    /// <summary>Continues a server that <see cref="Freeze"/> stopped.</summary>
    public void Thaw()
    {
        if (UsesCpuWhenIdle)
        {
            Signal(Libc.SIGCONT);
        }
    }

    public abstract ValueTask DisposeAsync();

    protected void Signal(int signal)
    {
        foreach (int process in ProcessIds)
        {
            _ = Libc.kill(process, signal);
        }
    }

    /// <summary>Returns a port that is currently free.</summary>
    internal static int FreePort()
    {
        using TcpListener socket = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
