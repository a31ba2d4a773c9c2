using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using FileAio.Tests.Support;
using FileAio.Threads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;

namespace FileAio.Tests.Sending;

/// <summary>Where a response goes on: on the engine's thread where nothing slow is in the way, and never with application code.</summary>
public sealed class InlineTests(FileTree tree) : IClassFixture<FileTree>
{
    [Theory]
    [InlineData(null, false), InlineData(true, true), InlineData(false, false)]
    public async Task A_wrapped_body_is_written_on_an_engine_thread_only_if_configured(bool? option, bool engines)
    {
        ConcurrentBag<bool> threads = new ConcurrentBag<bool>();
        await using FileServer server = await FileServer.StartAsync(tree.Root,
            options => options.InlineCompletions = option, first: app => app.Use(async (context, next) =>
        {
            IHttpResponseBodyFeature body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
            context.Features.Set<IHttpResponseBodyFeature>(new WatchedBody(body, () => threads.Add(EngineThread.IsOwn)));
            await next(context);
            context.Features.Set(body);
        }));
        RawReply reply = await RawReply.GetAsync(server.Port, "/b1048579.bin");
        Assert.True(tree.Bytes("b1048579.bin").AsSpan().SequenceEqual(reply.Body));
        Assert.True(threads.Count >= 5, "reads of 128, 128, 256 and 512 KiB, and the rest");
        Assert.Equal(engines, threads.Contains(true));
        await server.IdleAsync();
    }

    /// <summary>
    /// A client that is slow to take each buffer: every flush has to wait, and comes back to the engine; after the last the application
    /// must not be there.
    /// </summary>
    [Theory]
    [InlineData(AioMode.On, false), InlineData(AioMode.On, true), InlineData(AioMode.Threads, false), InlineData(AioMode.Posix, false),
        InlineData(AioMode.Off, false), InlineData(AioMode.Uring, false), InlineData(AioMode.Uring, true)]
    public async Task Code_after_a_slow_response_runs_off_the_engine(AioMode aio, bool intoPipe)
    {
        TaskCompletionSource<bool> after = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        tree.Write("slow.bin", FileTree.Pattern(24 << 20, 0));
        await using FileServer server = await FileServer.StartAsync(tree.Root,
            options => (options.Aio, options.InlineCompletions) = (aio, true), alignedPool: intoPipe,
            first: app => app.Use(async (context, next) =>
        {
            bool starting = true;
            context.Response.OnStarting(() =>
            {
                starting = EngineThread.IsCurrent;
                return Task.CompletedTask;
            });
            await next(context);
            after.TrySetResult(starting || EngineThread.IsCurrent);
        }));
        using Socket socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 8192 };
        await socket.ConnectAsync("127.0.0.1", server.Port, Deadline.Token);
        await socket.SendAsync(Encoding.ASCII.GetBytes("GET /slow.bin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
        MemoryStream reply = new MemoryStream();
        byte[] buffer = new byte[65536];
        while (await socket.ReceiveAsync(buffer, Deadline.Token) is var count and > 0)
        {
            reply.Write(buffer, 0, count);
        }

        Assert.False(await after.Task.WithinDeadline());
        byte[] bytes = reply.ToArray();
        Assert.True(tree.Bytes("slow.bin").AsSpan().SequenceEqual(bytes.AsSpan(bytes.Length - (24 << 20))));
        await server.IdleAsync();
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task An_exception_of_a_response_is_caught_off_the_engine(bool severalRanges)
    {
        TaskCompletionSource<bool> caught = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FileServer server = await FileServer.StartAsync(tree.Root,
            options => options.InlineCompletions = true, first: app => app.Use(async (context, next) =>
        {
            IHttpResponseBodyFeature body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
            int flushes = 0;
            context.Features.Set<IHttpResponseBodyFeature>(new WatchedBody(body, () =>
            {
                if (++flushes == 2)
                {
                    throw new InvalidOperationException("thrown by a test");
                }
            }));
            try
            {
                await next(context);
            }
            catch (InvalidOperationException)
            {
                caught.TrySetResult(EngineThread.IsCurrent);
                context.Abort();
            }
        }));
        await Assert.ThrowsAnyAsync<Exception>(()
            => RawReply.GetAsync(server.Port, "/b1048579.bin", severalRanges ? ["Range: bytes=0-600000,700000-1000000"] : []));
        Assert.False(await caught.Task.WithinDeadline());
        await server.IdleAsync();
    }

    /// <summary>
    /// Neither a read from the page cache nor a flush to a client that takes everything waits: left alone, the file would be sent within
    /// the call, and nobody else served meanwhile.
    /// </summary>
    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task Sending_a_cached_file_to_a_fast_client_yields_the_thread(bool inline)
    {
        TaskCompletionSource<bool> within = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        tree.Write("cached.bin", FileTree.Pattern(8 << 20, 0));
        await using FileServer server = await FileServer.StartAsync(tree.Root,
            options => (options.DirectIoThreshold, options.InlineCompletions) = (null, inline),
            first: app => app.Use(async (context, next) =>
        {
            IHttpResponseBodyFeature body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
            context.Features.Set<IHttpResponseBodyFeature>(new WatchedBody(body, () => { }, new Swallower()));
            Task serving = next(context);
            within.TrySetResult(serving.IsCompleted);
            await serving;
            context.Abort(); // its bytes went nowhere
        }));
        await Assert.ThrowsAnyAsync<Exception>(() => RawReply.GetAsync(server.Port, "/cached.bin"));
        Assert.False(await within.Task.WithinDeadline());
        await server.IdleAsync();
    }

    private sealed class WatchedBody(IHttpResponseBodyFeature inner, Action flushed, PipeWriter? writer = null) : IHttpResponseBodyFeature
    {
        public Stream Stream => inner.Stream;

        public PipeWriter Writer { get; } = writer ?? new WatchedWriter(inner.Writer, flushed);

        public Task CompleteAsync() => inner.CompleteAsync();

        public void DisableBuffering() => inner.DisableBuffering();

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default)
            => inner.SendFileAsync(path, offset, count, cancellationToken);

        public Task StartAsync(CancellationToken cancellationToken = default) => inner.StartAsync(cancellationToken);
    }

    private sealed class Swallower : PipeWriter
    {
        private readonly byte[] _memory = new byte[1 << 20];

        public override void Advance(int bytes)
        {
        }

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => default;

        public override Memory<byte> GetMemory(int sizeHint = 0) => _memory;

        public override Span<byte> GetSpan(int sizeHint = 0) => _memory;
    }

    private sealed class WatchedWriter(PipeWriter inner, Action flushed) : PipeWriter
    {
        public override void Advance(int bytes) => inner.Advance(bytes);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            flushed();
            return inner.FlushAsync(cancellationToken);
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);
    }
}
