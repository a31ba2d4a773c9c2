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
    private readonly RootPath _root;
    private readonly ProvidedFiles? _provided;
    private readonly OverdueReads? _overdue;

    /// <exception cref="IOException">The root cannot be opened.</exception>
    public FileServing(DirectIoFileOptions options, FileSource source, FileRuntime runtime, bool alignedPipes, TimeProvider time, ILogger logger)
    {
        (Options, Runtime, Time, Logger, Throttle) = (options, runtime, time, logger, new LogThrottle(time));
        DeviceTable devices = new DeviceTable(logger);
        _provided = source.Provider is null ? null : new ProvidedFiles(source.Provider);
        _root = source.Provider is null
            ? RootPath.Open(source.Root, source.MustExist, options, devices, time, logger)
            : RootPath.OfAbsolutePaths(options, devices, time, logger);
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

    /// <summary>Bounds what failures write to the log.</summary>
    public LogThrottle Throttle { get; }

    /// <summary>Kestrel's memory comes from the aligned pool, and reads may land in it.</summary>
    public bool ReadIntoPipe { get; }

    /// <summary>Files of this size on are read directly; <see cref="long.MaxValue"/> for none.</summary>
    public long DirectIoThreshold { get; }

    /// <summary>
    /// Opens what the path leads to: out of the cache, out of the kernel's own cache of names, or on a thread that may wait for the disk.
    /// </summary>
    public ValueTask<OpenResult> OpenAsync(string relative)
    {
        if (_root.IsCheckDue() && !_root.TryCheckCached())
        {
            return CheckAndOpenAsync(relative);
        }

        return OpenInRootAsync(relative);
    }

    private async ValueTask<OpenResult> CheckAndOpenAsync(string relative)
    {
        if (Options.Aio == AioMode.Off)
        {
            _root.Check();
        }
        else if (Runtime.Threads.TryRun(() => { _root.Check(); return true; }) is { } check)
        {
            await check;
        }

        return await OpenInRootAsync(relative);
    }

    private ValueTask<OpenResult> OpenInRootAsync(string relative)
    {
        if (_provided is not null)
        {
            if (!_provided.TryFindPath(relative, out string physicalPath, out OpenResult other))
            {
                return new ValueTask<OpenResult>(other);
            }

            relative = physicalPath;
        }

        FileRoot folder = _root.Acquire();
        try
        {
            if (folder.Cache is not null && folder.Cache.TryGet(relative, out OpenResult known))
            {
                return new ValueTask<OpenResult>(known);
            }

            SysResult result = folder.TryOpenCached(relative, out OpenedFile? file, out bool isDirectory);
            if (result.Value != -Errno.EAGAIN)
            {
                return new ValueTask<OpenResult>(Remember(folder, relative, new OpenResult(result, file, isDirectory)));
            }

            folder.TryAddReference(); // it cannot fail, as this method has one
            return OpenColdAsync(folder, relative);
        }
        finally
        {
            folder.Release();
        }
    }

    /// <summary>Opens on a thread that may wait, and releases the folder.</summary>
    private async ValueTask<OpenResult> OpenColdAsync(FileRoot folder, string relative)
    {
        OpenResult OpenNow()
        {
            SysResult result = folder.Open(relative, out OpenedFile? file, out bool isDirectory);
            return new OpenResult(result, file, isDirectory);
        }

        try
        {
            if (Options.Aio == AioMode.Off)
            {
                return Remember(folder, relative, OpenNow());
            }

            Task<OpenResult>? opened = Runtime.Threads.TryRun(OpenNow);
            if (opened is null)
            {
                LogBusy(relative, TimeSpan.Zero);
                return new OpenResult(SysResult.Error(Errno.EAGAIN), null, false);
            }

            return Remember(folder, relative, await opened);
        }
        finally
        {
            folder.Release();
        }
    }

    public void LogBusy(string path, TimeSpan timeout)
    {
        if (Throttle.Allows(FileLog.BusyId, 0, out long suppressed))
        {
            Logger.Busy(path, timeout, suppressed);
        }
    }

    /// <summary>Closes what is open, but for what is still being read.</summary>
    public void Dispose()
    {
        _overdue?.Dispose();
        _root.Dispose();
    }

    private static OpenResult Remember(FileRoot folder, string relative, OpenResult opened) =>
        folder.Cache is null ? opened : folder.Cache.Add(relative, opened);
}
