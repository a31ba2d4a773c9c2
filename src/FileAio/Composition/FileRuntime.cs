using System.Collections.Concurrent;
using System.Text;
using FileAio.Buffers;
using FileAio.Diagnostics;
using FileAio.Engines;
using FileAio.Engines.KernelAio;
using FileAio.Engines.Uring;
using FileAio.Interop;
using FileAio.Reading;
using FileAio.Threads;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace FileAio.Composition;

/// <summary>
/// The engines and buffers that all reads of a process share. There is one for each set of engine options, and it lives as long as the
/// process: io_destroy takes 40 ms, and blocks if a device hangs.
/// </summary>
internal sealed class FileRuntime : IDisposable
{
    private static readonly ConcurrentDictionary<(AioMode, int, int, int), Lazy<FileRuntime>> Made = new();
    private static readonly AlignedBufferPool SharedBuffers = new(new BufferBudget(0));

    private readonly bool _ownsBuffers;
    private readonly ConnectionEngines _connections;

    private FileRuntime(DirectIoFileOptions options, AlignedBufferPool buffers, bool ownsBuffers, ILogger logger,
        ThreadStarter? start = null)
    {
        (Mode, Buffers, _ownsBuffers) = (options.Aio, buffers, ownsBuffers);
        SharedReads = new SharedReads(buffers);
        Threads = new ThreadPoolEngine(options.Threads, options.MaxQueue, start);
        Engine = Choose(options, logger, start);
        Buffered = Engine is PosixAioEngine or OffEngine or UringEngine ? Engine : Threads;
        _connections = Engine switch
        {
            LinuxAioEngine aio => new ConnectionEngines(aio, () => Further(options, aio, start),
                loop => new LoopAioEngine(loop, options.AioRequests, aio, Threads, aio.Reads)),
            UringEngine ring => new ConnectionEngines(ring, () => Further(options, ring, start),
                loop => new LoopUringEngine(loop, UringSetup.Of(options), ring, Threads, ring.Reads)),
            _ => new ConnectionEngines(Engine, null, null),
        };
    }

    public AioMode Mode { get; }

    /// <summary>The engine for direct reads; the first one if there are several (<see cref="EngineOf"/>).</summary>
    public IFileEngine Engine { get; }

    /// <summary>The engine for reads through the page cache that miss.</summary>
    public IFileEngine Buffered { get; }

    /// <summary>The threads that may wait for the disk: for buffered reads, and for open(2).</summary>
    public ThreadPoolEngine Threads { get; }

    public AlignedBufferPool Buffers { get; }

    /// <summary>The direct reads that responses share.</summary>
    public SharedReads SharedReads { get; }

    /// <summary>The reason why the configured engine is not used; null if it is used.</summary>
    public string? FallbackReason { get; private set; }

    public static FileRuntime Shared(DirectIoFileOptions options, ILogger logger)
    {
        SharedBuffers.Budget.Widen(options.MaxInFlightBytes);
        (AioMode Aio, int AioRequests, int Threads, int MaxQueue) settings = (options.Aio, options.AioRequests, options.Threads,
            options.MaxQueue);
        return Made.GetOrAdd(settings,
            _ => new Lazy<FileRuntime>(() => new FileRuntime(options, SharedBuffers, ownsBuffers: false, logger))).Value;
    }

    /// <summary>A separate instance, for tests: its engine, buffers and limits are not shared.</summary>
    public static FileRuntime Create(DirectIoFileOptions options, ILogger logger, ThreadStarter? start = null) =>
        new(options, new AlignedBufferPool(new BufferBudget(options.MaxInFlightBytes)), ownsBuffers: true, logger, start);

    /// <summary>Returns the engine for a request's connection, and the context that posts to its thread.</summary>
    public EngineContext EngineOf(IFeatureCollection features) => _connections.Of(features);

    /// <summary>Returns the engine for reads through the page cache that miss, for a request's connection.</summary>
    public IFileEngine BufferedOf(IFeatureCollection features) => Engine is UringEngine ? EngineOf(features).Engine : Buffered;

    /// <summary>Returns the engine that opens files that are not in the dentry cache; null if threads do.</summary>
    public IOpenEngine? OpenerOf(IFeatureCollection features) =>
        Engine is UringEngine && EngineOf(features).Engine is IOpenEngine { CanOpen: true } opener ? opener : null;

    private UringEngine? Further(DirectIoFileOptions options, UringEngine first, ThreadStarter? start) =>
        UringEngine.TryCreate(UringSetup.Of(options), Threads, out UringEngine? engine, out _, start, first.Reads) ? engine : null;

    private LinuxAioEngine? Further(DirectIoFileOptions options, LinuxAioEngine first, ThreadStarter? start) =>
        LinuxAioEngine.TryCreate(options.AioRequests, Threads, out LinuxAioEngine? engine, out _, start, first.Reads) ? engine : null;

    private IFileEngine Choose(DirectIoFileOptions options, ILogger logger, ThreadStarter? start)
    {
        switch (options.Aio)
        {
            case AioMode.Off:
                return new OffEngine();
            case AioMode.Posix:
                if (PosixAioEngine.TryCreate(options.AioRequests, out PosixAioEngine? posix, out string? missing, start))
                {
                    return posix;
                }

                return FallBack(logger, "POSIX AIO", missing, "posix-aio-missing", "It needs glibc 2.34 or later.");
            case AioMode.Uring:
                if (UringProbe.Run(UringSetup.Of(options)) is not { } unavailable
                    && UringEngine.TryCreate(UringSetup.Of(options), Threads, out UringEngine? ring, out unavailable, start))
                {
                    return ring;
                }

                FallBack(logger, "io_uring", unavailable, "io_uring", UringProbe.Hint(unavailable), "kernel AIO");
                goto case AioMode.On;
            case AioMode.On:
                if (!LinuxAioEngine.TryCreate(options.AioRequests, Threads, out LinuxAioEngine? linux, out EngineRefusal refused, start))
                {
                    return FallBack(logger, "Kernel AIO", refused.Reason, refused.Call, AioLimits(refused));
                }

                SysResult probed = Probe(linux);
                if (!probed.IsError)
                {
                    return linux;
                }

                linux.Dispose();
                return FallBack(logger, "Kernel AIO", "io_submit: " + probed.Describe(), "io_submit", "");
            default:
                return Threads;
        }
    }

    private ThreadPoolEngine FallBack(
        ILogger logger, string engine, string reason, string tag, string hint, string instead = "a thread pool")
    {
        FallbackReason = FallbackReason is null ? reason : $"{FallbackReason}; {reason}";
        FileMetrics.Fallback(tag);
        logger.EngineFallback(engine, reason, instead, hint);
        return Threads;
    }

    /// <summary>Reads once with the engine, because a container's system call filter may allow io_setup and refuse io_submit.</summary>
    private unsafe SysResult Probe(IFileEngine engine)
    {
        fixed (byte* path = "/proc/self/exe\0"u8)
        {
            SysResult opened = Libc.Open(Libc.AT_FDCWD, path, Libc.O_RDONLY | Fcntl.O_CLOEXEC);
            if (opened.IsError)
            {
                return default; // no file to probe with: the first real read reports an error
            }

            AlignedBuffer? buffer = Buffers.TryRent(4096);
            try
            {
                return buffer is null
                    ? default
                    : buffer.Read.StartAsync(engine, (int)opened.Value, buffer.Address, 4096, 0).AsTask().GetAwaiter().GetResult();
            }
            finally
            {
                if (buffer is not null)
                {
                    Buffers.Return(buffer);
                }

                Unistd.Close((int)opened.Value);
            }
        }
    }

    private static string AioLimits(EngineRefusal refused)
    {
        if (refused is not { Call: "io_setup", Result.Errno: Errno.EAGAIN })
        {
            return "";
        }

        static string Read(string name) => File.Exists(name) ? File.ReadAllText(name, Encoding.ASCII).Trim() : "?";
        return $"fs.aio-nr is {Read("/proc/sys/fs/aio-nr")} of fs.aio-max-nr {Read("/proc/sys/fs/aio-max-nr")}, system-wide. "
            + "Raise the limit with sysctl fs.aio-max-nr.";
    }

    public void Dispose()
    {
        _connections.Dispose();
        if (!ReferenceEquals(Engine, Threads))
        {
            Engine.Dispose();
        }

        Threads.Dispose();
        if (_ownsBuffers)
        {
            Buffers.Dispose();
        }
    }
}
