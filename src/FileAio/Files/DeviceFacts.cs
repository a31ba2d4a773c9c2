using System.Collections.Concurrent;
using FileAio.Diagnostics;
using Microsoft.Extensions.Logging;

namespace FileAio.Files;

/// <summary>Records what a device and its files support, so that each refusal occurs, and is logged, once.</summary>
internal sealed class DeviceFacts(ulong device, bool inMemory, ILogger logger)
{
    // About 64 KiB. Above it all entries are dropped, and each file refuses once more. A guess.
    private const int MaxRefusals = 4096;

    // Files that refuse direct reads on a device that supports them: compressed, encrypted or inline data, an overlay's lower layer.
    private readonly ConcurrentDictionary<ulong, bool> _refused = new();
    private volatile DirectIoRefusal? _first;
    private int _counted;

    /// <summary>Whether the device is tmpfs or ramfs: a read copies memory and never waits.</summary>
    public bool InMemory => inMemory;

    /// <summary>The first file that refused direct reads, and the number of such files; null if there is none.</summary>
    public DirectIoRefusal? Refusal => _first is { } first ? first with { Files = Volatile.Read(ref _counted) } : null;

    /// <summary>Returns false after this file has refused direct reads, or if the whole device does not support them.</summary>
    public bool AllowsDirect(ulong inode) => (!inMemory || _first is null) && !_refused.ContainsKey(inode);

    /// <summary>Records that a file does not support direct reads. Logged once per device, counted once per file.</summary>
    public void RefuseDirect(ulong inode, string reason, string path)
    {
        if (_refused.Count >= MaxRefusals)
        {
            _refused.Clear();
        }

        if (!_refused.TryAdd(inode, true))
        {
            return;
        }

        string name = $"{device >> 32}:{device & 0xffffffff}";
        Interlocked.Increment(ref _counted);
        FileMetrics.Fallback("no-direct-io", name);
        if (Interlocked.CompareExchange(ref _first, new DirectIoRefusal(name, inMemory, path, reason, 1), null) is not null)
        {
            return;
        }

        if (inMemory)
        {
            logger.DeviceFallback(name, reason, path);
        }
        else
        {
            logger.FileFallback(path, name, reason);
        }
    }
}
