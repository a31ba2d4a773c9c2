using FileAio.Diagnostics;
using FileAio.Files;
using FileAio.Interop;
using Microsoft.Extensions.Logging;

namespace FileAio.Sending;

/// <summary>
/// What one <c>UseDirectIoFiles</c> serves by: its options, its folder, its open-file cache, and the runtime it shares with the others.
/// </summary>
internal sealed class FileServing : IDisposable
{
    private readonly FileRoot _root;
    private readonly OverdueReads? _overdue;

    public FileServing(DirectIoFileOptions options, string root, FileRuntime runtime, bool alignedPipes, TimeProvider time, ILogger logger)
    {
        (Options, Runtime, Time, Logger) = (options, runtime, time, logger);
        _root = FileRoot.Open(root, options, new DeviceTable(logger));
        if (options.OpenFileCache.Max > 0)
        {
            Cache = new OpenFileCache(options.OpenFileCache, time);
        }

        if (options.AioTimeout > TimeSpan.Zero && options.Aio != AioMode.Off)
        {
            _overdue = new OverdueReads(runtime, options.AioTimeout, time, logger);
        }

        ReadIntoPipe = options.ReadIntoPipe && alignedPipes;
        DirectIoThreshold = options.Aio == AioMode.Off ? long.MaxValue : options.DirectIoThreshold ?? long.MaxValue;
    }

    public DirectIoFileOptions Options { get; }

    public FileRuntime Runtime { get; }

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    public OpenFileCache? Cache { get; }

    /// <summary>Kestrel's memory comes from the aligned pool, and reads may land in it.</summary>
    public bool ReadIntoPipe { get; }

    /// <summary>Files of this size on are read directly; <see cref="long.MaxValue"/> for none.</summary>
    public long DirectIoThreshold { get; }

    /// <summary>
    /// Opens what the path leads to: out of the cache, out of the kernel's own cache of names, or on a thread that may wait for the disk.
    /// </summary>
    public ValueTask<OpenResult> OpenAsync(string relative)
    {
        if (Cache is not null && Cache.TryGet(relative, out OpenResult known))
        {
            return new ValueTask<OpenResult>(known);
        }

        SysResult result = _root.TryOpenCached(relative, out OpenedFile? file, out bool isDirectory);
        if (result.Value == -Errno.EAGAIN)
        {
            return OpenColdAsync(relative);
        }

        return new ValueTask<OpenResult>(Remember(relative, new OpenResult(result, file, isDirectory)));
    }

    private async ValueTask<OpenResult> OpenColdAsync(string relative)
    {
        OpenResult OpenNow()
        {
            SysResult result = _root.Open(relative, out OpenedFile? file, out bool isDirectory);
            return new OpenResult(result, file, isDirectory);
        }

        if (Options.Aio == AioMode.Off)
        {
            return Remember(relative, OpenNow());
        }

        Task<OpenResult>? opened = Runtime.Threads.TryRun(OpenNow);
        if (opened is null)
        {
            Logger.Busy(relative, TimeSpan.Zero);
            return new OpenResult(SysResult.Error(Errno.EAGAIN), null, false);
        }
        return Remember(relative, await opened);
    }

    /// <summary>Closes what is open, but for what is still being read.</summary>
    public void Dispose()
    {
        _overdue?.Dispose();
        Cache?.Clear();
        _root.Dispose();
    }

    private OpenResult Remember(string relative, OpenResult opened) => Cache is null ? opened : Cache.Add(relative, opened);
}
