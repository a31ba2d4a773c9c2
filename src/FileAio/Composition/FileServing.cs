using FileAio.Diagnostics;
using FileAio.Engines;
using FileAio.Engines.Uring;
using FileAio.Files;
using FileAio.Threads;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FileAio.Composition;

/// <summary>The state of one <c>UseDirectIoFiles</c>: its options, folder and open-file cache, and the shared runtime.</summary>
internal sealed class FileServing : IDisposable
{
    private readonly RootPath _root;
    private readonly ProvidedFiles? _provided;
    private readonly OverdueReads? _overdue;

    /// <exception cref="IOException">The root cannot be opened.</exception>
    public FileServing(DirectIoFileOptions options, FileSource source, FileRuntime runtime, bool alignedPipes, TimeProvider time,
        ILogger logger)
    {
        (Options, Runtime, Time, Logger, Throttle) = (options, runtime, time, new OffEngineLogger(logger), new LogThrottle(time));
        Devices = new DeviceTable(Logger);
        _provided = source.Provider is null ? null : new ProvidedFiles(source.Provider);
        _root = source.Provider is null
            ? RootPath.Open(source.Root, source.MustExist, options, Devices, time, Logger)
            : RootPath.OfAbsolutePaths(options, Devices, time, Logger);
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

    /// <summary>Limits the log messages about failures.</summary>
    public LogThrottle Throttle { get; }

    /// <summary>The devices seen so far.</summary>
    public DeviceTable Devices { get; }

    /// <summary>Whether Kestrel uses the aligned pool, and reads may go into its memory.</summary>
    public bool ReadIntoPipe { get; }

    /// <summary>The size from which files are read directly; <see cref="long.MaxValue"/> for none.</summary>
    public long DirectIoThreshold { get; }

    /// <summary>
    /// Opens the file of a path: from the open-file cache, from the kernel's dentry cache, or on a thread that may wait for the disk.
    /// </summary>
    /// <param name="relative">The path below the root.</param>
    /// <param name="context">The request. If it is aborted, it stops waiting for the open.</param>
    /// <exception cref="OperationCanceledException">The request was aborted while it waited for the open.</exception>
    public ValueTask<OpenResult> OpenAsync(string relative, HttpContext context)
    {
        if (_root.IsCheckDue() && !_root.TryCheckCached())
        {
            return CheckAndOpenAsync(relative, context);
        }

        return OpenInRootAsync(relative, context);
    }

    private async ValueTask<OpenResult> CheckAndOpenAsync(string relative, HttpContext context)
    {
        if (Options.Aio == AioMode.Off)
        {
            _root.Check();
        }
        else
        {
            // If the check does not complete in time, the previous folder is served until a later check.
            await RunColdAsync(new FileWork<bool>(CheckNow, false, static _ => { }), refused: false, relative, context.RequestAborted);
        }

        return await OpenInRootAsync(relative, context);
    }

    private ValueTask<OpenResult> OpenInRootAsync(string relative, HttpContext context)
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

            if (folder.Recent?.TryGet(relative) is { } recent)
            {
                return new ValueTask<OpenResult>(new OpenResult(default, recent, false));
            }

            SysResult result = folder.TryOpenCached(relative, out OpenedFile? file, out bool isDirectory);
            if (result.Errno is Errno.EMFILE or Errno.ENFILE && folder.Recent is { Count: > 0 } kept)
            {
                kept.Clear();
                result = folder.TryOpenCached(relative, out file, out isDirectory);
            }

            if (result.Value != -Errno.EAGAIN)
            {
                return new ValueTask<OpenResult>(Remember(folder, relative, new OpenResult(result, file, isDirectory)));
            }

            folder.TryAddReference(); // cannot fail: this method holds a reference
            return OpenColdAsync(folder, relative, context);
        }
        finally
        {
            folder.Release();
        }
    }

    private bool CheckNow()
    {
        _root.Check();
        return true;
    }

    /// <summary>
    /// Opens on a ring, or on a thread that may wait, for at most <see cref="DirectIoFileOptions.QueueTimeout"/>, and releases the folder.
    /// </summary>
    private async ValueTask<OpenResult> OpenColdAsync(FileRoot folder, string relative, HttpContext context)
    {
        OpenResult busy = new OpenResult(SysResult.Error(Errno.EAGAIN), null, false);
        OpenResult OpenNow()
        {
            // The request may have stopped waiting, and the folder may be closed. Its descriptor number may then belong to another file.
            if (!folder.TryAddReference())
            {
                return busy;
            }

            SysResult result = folder.Open(relative, out OpenedFile? file, out bool isDirectory);
            folder.Release();
            return new OpenResult(result, file, isDirectory);
        }

        try
        {
            if (Options.Aio == AioMode.Off)
            {
                return Remember(folder, relative, OpenNow());
            }

            if (Runtime.OpenerOf(context.Features) is { } opener && folder.TryPrepareOpen(relative) is { } pending)
            {
                RingOpen onRing = new(pending);
                OpenResult opened = await OpenOnRingAsync(opener, onRing, busy, relative, context.RequestAborted);
                opened.File?.SetCold(); // a ring reads without a thread, so that trying the page cache first only adds a system call
                return Remember(folder, relative, opened);
            }

            FileWork<OpenResult> open = new FileWork<OpenResult>(OpenNow, busy, static late => late.File?.Release());
            return Remember(folder, relative, await RunColdAsync(open, busy, relative, context.RequestAborted));
        }
        finally
        {
            folder.Release();
        }
    }

    /// <summary>
    /// Runs work on a thread that may wait for the disk, for at most <see cref="DirectIoFileOptions.QueueTimeout"/>. open(2) cannot be
    /// cancelled: an abandoned open keeps its thread until the kernel returns, and its descriptor is then closed.
    /// </summary>
    /// <exception cref="OperationCanceledException">The request was aborted.</exception>
    private ValueTask<T> RunColdAsync<T>(FileWork<T> work, T refused, string path, CancellationToken aborted)
    {
        if (!Runtime.Threads.TryRun(work))
        {
            LogBusy(path, TimeSpan.Zero);
            return new ValueTask<T>(refused);
        }

        return WaitAsync(work.Task, work.TryAbandon, () => Runtime.Threads.TryCancel(work), refused, path, aborted);
    }

    /// <summary>The same on a ring. An abandoned open is cancelled, which ends it unless the kernel has started it.</summary>
    /// <exception cref="OperationCanceledException">The request was aborted.</exception>
    private ValueTask<OpenResult> OpenOnRingAsync(
        IOpenEngine opener, RingOpen open, OpenResult refused, string path, CancellationToken aborted)
    {
        if (!opener.TryOpen(open))
        {
            open.Refuse();
            LogBusy(path, TimeSpan.Zero);
            return new ValueTask<OpenResult>(refused);
        }

        return WaitAsync(open.Task, open.TryAbandon, () => opener.TryCancel(open), refused, path, aborted);
    }

    private async ValueTask<T> WaitAsync<T>(
        Task<T> task, Func<bool> tryAbandon, Action cancel, T refused, string path, CancellationToken aborted)
    {
        try
        {
            return await task.WaitAsync(Options.QueueTimeout, Time, aborted);
        }
        catch (Exception ended) when (ended is TimeoutException or OperationCanceledException)
        {
            if (!tryAbandon())
            {
                return await task; // completed just before it was abandoned
            }

            cancel();
            aborted.ThrowIfCancellationRequested();
            LogBusy(path, Options.QueueTimeout);
            return refused;
        }
    }

    public void LogBusy(string path, TimeSpan timeout)
    {
        if (Throttle.Allows(FileLog.BusyId, 0, out long suppressed))
        {
            Logger.Busy(path, timeout, suppressed);
        }
    }

    /// <summary>Closes all files except those that are still being read.</summary>
    public void Dispose()
    {
        _overdue?.Dispose();
        _root.Dispose();
    }

    private static OpenResult Remember(FileRoot folder, string relative, OpenResult opened)
    {
        if (opened.File is not null)
        {
            folder.Recent?.Add(relative, opened.File);
        }

        return folder.Cache is null ? opened : folder.Cache.Add(relative, opened);
    }
}
