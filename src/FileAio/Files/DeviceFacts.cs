using System.Collections.Concurrent;
using FileAio.Diagnostics;
using Microsoft.Extensions.Logging;

namespace FileAio.Files;

/// <summary>What was learned of a device and its files by using them, so that a refusal is met, and reported, once.</summary>
internal sealed class DeviceFacts(ulong device, bool inMemory, ILogger logger)
{
    // 64 KiB or so. A guess: past it all are forgotten, and each refuses once more.
    private const int MaxRefusals = 4096;

    // Files that refuse direct reads while others of the device take them: compressed, encrypted or inline data, an overlay's lower layer.
    private readonly ConcurrentDictionary<ulong, bool> _refused = new();
    private volatile DirectIoRefusal? _first;
    private int _counted;

    /// <summary>tmpfs or ramfs: a read copies memory and waits for nothing.</summary>
    public bool InMemory => inMemory;

    /// <summary>The first file that refused direct reads, and how many did; null where none has.</summary>
    public DirectIoRefusal? Refusal => _first is { } first ? first with { Files = Volatile.Read(ref _counted) } : null;

    /// <summary>False once this file has refused direct reads, or where the whole device does.</summary>
    public bool AllowsDirect(ulong inode) => (!inMemory || _first is null) && !_refused.ContainsKey(inode);

    /// <summary>Remembers that a file takes no direct reads. Logged once a device, counted once a file.</summary>
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
