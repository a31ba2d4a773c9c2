using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using FileAio.Tests.Support;
using FileAio.Threads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Errno = Shared.Interop.Errno;

namespace FileAio.Tests.Hostile;

/// <summary>The application's code blocks, wherever a response can reach it: the others' downloads go on.</summary>
[Collection(nameof(Alone))]
[Trait("Category", "Hostile")]
public sealed class UserCodeTests(FileTree tree) : IClassFixture<FileTree>
{
    private const string File = "b1048579.bin";

    public static TheoryData<AioMode> Engines => [AioMode.On, AioMode.Threads, AioMode.Posix, AioMode.Uring];

    /// <summary>What is logged from an engine's thread: a failed read, a refused one.</summary>
    [Theory]
    [InlineData(-Errno.EIO, "ReadFailed"), InlineData(-Errno.EINVAL, "FileFallback")]
    public async Task A_log_provider_that_blocks_stalls_no_engine(long result, string message)
    {
        using Blocker blocker = new Blocker();
        await using FileServer server = await FileServer.StartAsync(tree.Root,
            before: builder => builder.Logging.AddProvider(new BlockingProvider(message, blocker)));
        Assert.SkipUnless(server.Status.Engine == "linux-aio", server.Status.FallbackReason ?? "");
        Task<RawReply?> first;
        using (AioFault fault = AioFault.Script(AioFaultKind.EventResult, result, skip: 1))
        {
            first = TryGetAsync(server, File);
            await blocker.EnteredAsync();
        }
        await OthersAsync(server);
        blocker.Free();
        await first.WithinDeadline();
        await server.IdleAsync();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_meter_listener_that_blocks_stalls_no_engine(AioMode aio)
    {
        using Blocker blocker = new Blocker();
        await using FileServer server = await FileServer.StartAsync(tree.Root, options => options.Aio = aio);
        using MeterListener meter = Listen(blocker.Block, blocker.Block);
        Task<RawReply?> first = TryGetAsync(server, File);
        await blocker.EnteredAsync();
        await OthersAsync(server);
        blocker.Free();
        Assert.Equal(200, (await first.WithinDeadline())?.Status);
        await server.IdleAsync();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_meter_listener_that_throws_stops_no_read(AioMode aio)
    {
        int thrown = 0;
        await using FileServer server = await FileServer.StartAsync(tree.Root, options => options.Aio = aio);
        void Throw()
        {
            Interlocked.Increment(ref thrown);
            throw new InvalidOperationException("thrown by a test");
        }
        using MeterListener meter = Listen(() => { }, Throw);
        await OthersAsync(server);
        await Deadline.Until(() => Volatile.Read(ref thrown) > 8, () => $"{thrown} measurements");
        await OthersAsync(server);
        await server.IdleAsync();
    }

    [Fact]
    public async Task Durations_are_those_of_the_reads()
    {
        ConcurrentBag<double> durations = [];
        await using FileServer server = await FileServer.StartAsync(tree.Root);
        using MeterListener meter = new MeterListener { InstrumentPublished = EnableDurations };
        meter.SetMeasurementEventCallback<double>((_, seconds, _, _) => durations.Add(seconds));
        meter.Start();
        Assert.Equal(tree.Bytes(File), (await RawReply.GetAsync(server.Port, "/" + File)).Body);
        await Deadline.Until(() => durations.Count >= 5, () => $"{durations.Count} durations"); // 128, 128, 256, 512 KiB and the rest
        Assert.All(durations, seconds => Assert.InRange(seconds, 0, Deadline.Default.TotalSeconds));
    }

    /// <summary>Callbacks of a request that is aborted from within a download.</summary>
    [Fact]
    public async Task Callbacks_of_an_aborted_request_stall_no_engine()
    {
        using Blocker blocker = new Blocker();
        ConcurrentBag<bool> threads = [];
        void Callback()
        {
            threads.Add(EngineThread.IsOwn);
            blocker.Block();
        }
        await using FileServer server = await FileServer.StartAsync(tree.Root, first: app => app.Use(async (context, next) =>
        {
            if (context.Request.Query.ContainsKey("fail"))
            {
                context.RequestAborted.Register(Callback);
                context.Response.OnCompleted(() =>
                {
                    Callback();
                    return Task.CompletedTask;
                });
            }
            await next(context);
        }));
        Assert.SkipUnless(server.Status.Engine == "linux-aio", server.Status.FallbackReason ?? "");
        Task<RawReply?> first;
        using (AioFault fault = AioFault.Script(AioFaultKind.EventResult, -Errno.EIO, skip: 4))
        {
            first = TryGetAsync(server, File + "?fail");
            await blocker.EnteredAsync();
        }
        await OthersAsync(server);
        blocker.Free();
        await first.WithinDeadline();
        Assert.DoesNotContain(true, threads);
        await server.IdleAsync();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Connection_middleware_never_runs_on_an_engines_thread(AioMode aio)
    {
        ConcurrentBag<bool> threads = [];
        await using FileServer server = await FileServer.StartAsync(tree.Root, options => options.Aio = aio,
            listening: listen => listen.Use(next => async connection =>
        {
            IDuplexPipe transport = connection.Transport;
            connection.Transport = new WatchedPipe(transport, () => threads.Add(EngineThread.IsOwn));
            await next(connection);
            connection.Transport = transport;
        }));
        await OthersAsync(server);
        Assert.NotEmpty(threads);
        Assert.DoesNotContain(true, threads);
    }

    [Fact]
    public async Task A_response_without_connection_middleware_continues_on_the_engine_thread()
    {
        bool own = false;
        await using FileServer server = await FileServer.StartAsync(tree.Root, first: app => app.Use(async (context, next) =>
        {
            using FileAio.Sending.ResponseBody body = new FileAio.Sending.ResponseBody(context.Response, null, Serving(app), "");
            own = body.IsInline;
            await next(context);
        }));
        await OthersAsync(server);
        Assert.True(own);
    }

    private static FileAio.Composition.FileServing Serving(WebApplication app)
    {
        DirectIoFileOptions options = new DirectIoFileOptions();
        return new FileAio.Composition.FileServing(options, new FileAio.Files.FileSource(AppContext.BaseDirectory, MustExist: true, null),
            app.Services.GetRequiredService<FileAio.Composition.FileRuntime>(), false,
            TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
    }

    private async Task OthersAsync(FileServer server)
    {
        byte[] expected = tree.Bytes(File);
        for (int round = 0; round < 3; round++)
        {
            RawReply[] replies = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => RawReply.GetAsync(server.Port, "/" + File)))
                .WithinDeadline();
            Assert.All(replies, reply => Assert.True(expected.AsSpan().SequenceEqual(reply.Body)));
        }
    }

    private static async Task<RawReply?> TryGetAsync(FileServer server, string target)
    {
        try
        {
            return await RawReply.GetAsync(server.Port, "/" + target);
        }
        catch (Exception)
        {
            return null; // the connection was aborted
        }
    }

    private static void EnableDurations(Instrument instrument, MeterListener listener)
    {
        if (instrument.Name == "fileaio.read.duration")
        {
            listener.EnableMeasurementEvents(instrument);
        }
    }

    private static MeterListener Listen(Action counted, Action measured)
    {
        MeterListener meter = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == "FileAio")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        meter.SetMeasurementEventCallback<long>((_, _, _, _) => counted());
        meter.SetMeasurementEventCallback<double>((_, _, _, _) => measured());
        meter.Start();
        return meter;
    }

    /// <summary>Blocks whoever comes, until it is freed.</summary>
    private sealed class Blocker : IDisposable
    {
        private readonly ManualResetEventSlim _free = new();
        private readonly SemaphoreSlim _entered = new(0);

        public void Block()
        {
            _entered.Release();
            _free.Wait(Deadline.Default);
        }

        public Task EnteredAsync() => _entered.WaitAsync(Deadline.Token);

        public void Free() => _free.Set();

        public void Dispose() => Free();
    }

    private sealed class BlockingProvider(string message, Blocker blocker) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name == message)
            {
                blocker.Block();
            }
        }

        public void Dispose()
        {
        }
    }

    private sealed class WatchedPipe(IDuplexPipe inner, Action flushing) : IDuplexPipe
    {
        public PipeReader Input => inner.Input;

        public PipeWriter Output { get; } = new WatchedWriter(inner.Output, flushing);
    }
}
