namespace Soak.Server;

/// <summary>What the server tells of itself at /status.</summary>
internal sealed record ServerStatus
{
    /// <summary>Open connections by Kestrel's meter, the one that asks among them.</summary>
    public long Connections { get; init; }

    /// <summary>Open connections by the transport's own meter; −1 where it has none.</summary>
    public long TransportConnections { get; init; }

    public long Accepts { get; init; }

    /// <summary>Requests that are being answered, the one that asks not among them; a few of them.</summary>
    public string[] UnderWay { get; init; } = [];

    /// <summary>Bytes in use on the managed heap, without a collection first.</summary>
    public long HeapBytes { get; init; }

    /// <summary>Bytes that were allocated on the managed heap since the process began.</summary>
    public long AllocatedBytes { get; init; }

    /// <summary>Collections of generation 0, 1 and 2.</summary>
    public int[] Collections { get; init; } = [];

    /// <summary>Threads of the thread pool.</summary>
    public int PoolThreads { get; init; }

    /// <summary>Application threads of the transport's own.</summary>
    public long Workers { get; init; }

    /// <summary>libc calls that met a fault.</summary>
    public ulong Faults { get; init; }
}
