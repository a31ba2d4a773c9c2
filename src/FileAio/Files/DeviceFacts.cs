using FileAio.Diagnostics;
using Microsoft.Extensions.Logging;

namespace FileAio.Files;

/// <summary>What was learned of a device by using it, so that a refusal is met, and told, once.</summary>
internal sealed class DeviceFacts(ulong device, bool inMemory, ILogger logger)
{
    private int _refused;

    /// <summary>tmpfs or ramfs: a read copies memory and waits for nothing.</summary>
    public bool InMemory => inMemory;

    public bool AllowsDirect => Volatile.Read(ref _refused) == 0;

    /// <summary>False once preadv2 has said that this filesystem knows no RWF_NOWAIT.</summary>
    public bool AllowsNoWait { get; set; } = true;

    public void RefuseDirect(string reason, string path)
    {
        if (Interlocked.Exchange(ref _refused, 1) != 0)
        {
            return;
        }

        FileMetrics.Fallback("no-direct-io");
        logger.DeviceFallback($"{device >> 32}:{device & 0xffffffff}", reason, path);
    }
}
