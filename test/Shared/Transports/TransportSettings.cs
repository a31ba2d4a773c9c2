using System.Net;
using System.Net.Sockets;
using Transport.Core;

namespace Test.Shared;

/// <summary>What a test may set on whichever transport it runs on. Defaults are Kestrel's.</summary>
public sealed record TransportSettings
{
    /// <summary>Loops of ours, I/O queues of Kestrel's; null leaves the default.</summary>
    public int? LoopCount { get; init; }
    public int Backlog { get; init; } = 512;
    public bool NoDelay { get; init; } = true;
    public long? MaxReadBufferSize { get; init; } = 1024 * 1024;
    public long? MaxWriteBufferSize { get; init; } = 64 * 1024;
    public bool WaitForDataBeforeAllocatingBuffer { get; init; } = true;
    public bool UnsafePreferInlineScheduling { get; init; }
    public Func<EndPoint, Socket>? CreateBoundListenSocket { get; init; }

    /// <summary>What only our transports have; Kestrel's own does not see it.</summary>
    public Action<TransportOptions>? Ours { get; init; }
}
