using FileAio.Diagnostics;
using FileAio.Engines;
using FileAio.Files;
using FileAio.Interop;
using Microsoft.AspNetCore.Http;
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
        (Options, Runtime, Time, Logger) = (options, runtime, time, new OffEngineLogger(logger));
        Devices = new DeviceTable(Logger);
        _root = FileRoot.Open(root, options, Devices);
        if (options.OpenFileCache.Max > 0)
        {
            Cache = new OpenFileCache(options.OpenFileCache, time);
        }

        if (options.AioTimeout > TimeSpan.Zero && options.Aio != AioMode.Off)
        {
            _overdue = new OverdueReads(runtime, options.AioTimeout, time, Logger);
        }

        ReadIntoPipe = options.ReadIntoPipe && alignedPipes;
        DirectIoThreshold = options.Aio == AioMode.Off ? long.MaxValue : options.DirectIoThreshold ?? long.MaxValue;
    }

    public DirectIoFileOptions Options { get; }

    public FileRuntime Runtime { get; }

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    public OpenFileCache? Cache { get; }

    /// <summary>The devices met so far.</summary>
    public DeviceTable Devices { get; }

    /// <summary>Kestrel's memory comes from the aligned pool, and reads may land in it.</summary>
    public bool ReadIntoPipe { get; }

    /// <summary>Files of this size on are read directly; <see cref="long.MaxValue"/> for none.</summary>
    public long DirectIoThreshold { get; }

    /// <summary>
    /// Opens what the path leads to: out of the cache, out of the kernel's own cache of names, or on a thread that may wait for the disk.
    /// </summary>
    /// <param name="relative">The path below the root.</param>
    /// <param name="context">The request: its end ends the wait for an open that needs the disk.</param>
    /// <exception cref="OperationCanceledException">The request was aborted while its open waited for the disk.</exception>
    public ValueTask<OpenResult> OpenAsync(string relative, HttpContext context)
    {
        if (Cache is not null && Cache.TryGet(relative, out OpenResult known))
        {
            return new ValueTask<OpenResult>(known);
        }

        SysResult result = _root.TryOpenCached(relative, out OpenedFile? file, out bool isDirectory);
        if (result.Value == -Errno.EAGAIN)
        {
            return OpenColdAsync(relative, context.RequestAborted);
        }

        return new ValueTask<OpenResult>(Remember(relative, new OpenResult(result, file, isDirectory)));
    }

    /// <summary>
    /// Opens on a thread that may wait, for at most <see cref="DirectIoFileOptions.QueueTimeout"/>. open(2) cannot be cancelled: one that
    /// nobody waits for any more keeps its thread until the kernel returns, and its descriptor is closed.
    /// </summary>
    private async ValueTask<OpenResult> OpenColdAsync(string relative, CancellationToken aborted)
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

        OpenResult busy = new OpenResult(SysResult.Error(Errno.EAGAIN), null, false);
        FileWork<OpenResult> open = new FileWork<OpenResult>(OpenNow, busy, static late => late.File?.Release());
        if (!Runtime.Threads.TryRun(open))
        {
            Logger.Busy(relative, TimeSpan.Zero);
            return busy;
        }
        try
        {
            return Remember(relative, await open.Task.WaitAsync(Options.QueueTimeout, Time, aborted));
        }
        catch (Exception ended) when (ended is TimeoutException or OperationCanceledException)
        {
            if (!open.TryAbandon())
            {
                return Remember(relative, await open.Task); // it came just now
            }

            Runtime.Threads.TryCancel(open);
            aborted.ThrowIfCancellationRequested();
            Logger.Busy(relative, Options.QueueTimeout);
            return busy;
        }
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
