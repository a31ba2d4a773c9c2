using System.Collections.Concurrent;
using FileAio.Interop;
using Microsoft.Extensions.Logging;

namespace FileAio.Files;

/// <summary>The devices seen so far.</summary>
internal sealed class DeviceTable(ILogger logger)
{
    private readonly ConcurrentDictionary<ulong, DeviceFacts> _devices = new();

    /// <summary>The devices with files that have refused direct reads.</summary>
    public IReadOnlyList<DirectIoRefusal> Refusals => [.. _devices.Values.Select(device => device.Refusal).OfType<DirectIoRefusal>()];

    public DeviceFacts Of(ulong device, int descriptor)
    {
        if (_devices.TryGetValue(device, out DeviceFacts? known))
        {
            return known;
        }

        bool inMemory = !Libc.StatFs(descriptor, out Libc.statfs facts).IsError
            && (uint)facts.f_type is Libc.TMPFS_MAGIC or Libc.RAMFS_MAGIC;
        return _devices.GetOrAdd(device, new DeviceFacts(device, inMemory, logger));
    }
}
