using System.Net;
using System.Net.Sockets;
using Bench.Interop;

namespace Bench.Servers;

/// <summary>A server process that this bench started and that only this bench ends.</summary>
internal abstract class Server : IAsyncDisposable
{
    /// <summary>As results name it.</summary>
    public abstract string Name { get; }

    public abstract int ProcessId { get; }

    /// <summary>Every process of it: nginx has several.</summary>
    public virtual IReadOnlyList<int> ProcessIds => [ProcessId];

    /// <summary>The cleartext HTTP/1.1 endpoint, on loopback.</summary>
    public abstract IPEndPoint EndPoint { get; }

    public string Http => $"http://{EndPoint}";

    public virtual string Https => throw new NotSupportedException($"{Name} has no https endpoint");

    public virtual string Http2 => throw new NotSupportedException($"{Name} has no HTTP/2 endpoint");

    /// <summary>What the process tells of itself; null where it cannot.</summary>
    public virtual Task<SelfReport?> AskAsync(CancellationToken cancellation) => Task.FromResult<SelfReport?>(null);

    /// <summary>Whether it takes CPU time when there is nothing to do, as a model does that asks its sockets again and again.</summary>
    public bool Restless { get; protected set; }

    /// <summary>Sees to it that it costs nothing while another server is measured. One that sleeps by itself is left alone: stopped in the
    /// middle of its work, it would take its own threads for blocked when it goes on.</summary>
    public void Freeze()
    {
        if (Restless)
        {
            Signal(Libc.SIGSTOP);
        }
    }

    public void Thaw()
    {
        if (Restless)
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

    /// <summary>A port that was free a moment ago.</summary>
    protected static int FreePort()
    {
        using TcpListener socket = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
