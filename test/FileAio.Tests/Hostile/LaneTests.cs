using System.Net.Sockets;
using System.Text;
using FileAio.Engines;
using FileAio.Tests.Support;
using FileAio.Threads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;

namespace FileAio.Tests.Hostile;

/// <summary>Nothing waits behind what it does not need: reads, opens, continuations, and other responses' bodies.</summary>
[Collection(nameof(Alone))]
[Trait("Category", "Hostile")]
public sealed class LaneTests(FileTree tree) : IClassFixture<FileTree>
{
    [Fact]
    public async Task A_cold_open_does_not_wait_behind_reads()
    {
        await using FileServer server =
            await FileServer.StartAsync(tree.Root, options => (options.Aio, options.Threads) = (AioMode.Threads, 2));
        Task<RawReply>[] reading;
        using (AioFault held = AioFault.Script(AioFaultKind.PreadLate, AioFault.Held, count: -1))
        {
            reading = [.. Enumerable.Range(0, 8).Select(_ => RawReply.GetAsync(server.Port, "/b300001.bin"))];
            await Deadline.Until(() => held.Fired == 2, () => "the reads never began");
            using AioFault cold = AioFault.Script(AioFaultKind.OpenCold, 0, count: -1);
            Assert.Equal(tree.Bytes("one.txt"), (await RawReply.GetAsync(server.Port, "/one.txt")).Body);
            Assert.True(cold.Fired > 0, "the open was not cold");
        }
        foreach (Task<RawReply> reply in reading)
        {
            Assert.Equal(tree.Bytes("b300001.bin"), (await reply.WithinDeadline()).Body);
        }

        await server.IdleAsync();
    }

    [Fact]
    public async Task Reads_do_not_wait_behind_cold_opens()
    {
        await using FileServer server =
            await FileServer.StartAsync(tree.Root, options => (options.Aio, options.Threads) = (AioMode.Threads, 1));
        tree.Write("held.txt", FileTree.Pattern(100_000, 0)); // too large to be kept open
        using AioFault cold = AioFault.Script(AioFaultKind.OpenCold, 0, count: 1);
        Task<RawReply> opening;
        using (AioFault held = AioFault.Script(AioFaultKind.OpenLate, AioFault.Held, count: -1))
        {
            opening = RawReply.GetAsync(server.Port, "/held.txt");
            await Deadline.Until(() => held.Fired == 1, () => "the open never began");
            Assert.Equal(tree.Bytes("b300001.bin"), (await RawReply.GetAsync(server.Port, "/b300001.bin")).Body);
        }
        Assert.Equal(tree.Bytes("held.txt"), (await opening.WithinDeadline()).Body);
    }

    [Fact]
    public async Task Posted_work_does_not_wait_behind_a_read()
    {
        using ThreadPoolEngine engine = new ThreadPoolEngine(1, 100);
        using AioFault held = AioFault.Script(AioFaultKind.PreadLate, AioFault.Held, count: -1);
        FileRead read = new FileRead();
        Task<SysResult> result = read.StartAsync(engine, -1, 0, 0, 0).AsTask();
        await Deadline.Until(() => held.Fired == 1, () => "the read never began");
        TaskCompletionSource ran = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        engine.Post(static done => ((TaskCompletionSource)done!).SetResult(), ran);
        try
        {
            await ran.Task.WithinDeadline();
        }
        finally
        {
            held.Dispose();
            await result.WithinDeadline();
        }
    }

    [Fact]
    public async Task An_open_that_hangs_is_503_at_its_deadline_and_does_not_delay_others()
    {
        await using FileServer server =
            await FileServer.StartAsync(tree.Root, options => options.QueueTimeout = TimeSpan.FromMilliseconds(300));
        tree.Write("held.txt", FileTree.Pattern(100_000, 0)); // too large to be kept open
        using (AioFault cold = AioFault.Script(AioFaultKind.OpenCold, 0, count: -1))
        using (AioFault held = AioFault.Script(AioFaultKind.OpenLate, AioFault.Held, count: -1))
        {
            Assert.Equal(503, (await RawReply.GetAsync(server.Port, "/held.txt")).Status);
            Assert.Equal(1, held.Fired);
            Assert.Equal(200, (await RawReply.GetAsync(server.Port, "/one.txt")).Status);
        }
        Assert.Equal(tree.Bytes("held.txt"), (await RawReply.GetAsync(server.Port, "/held.txt")).Body);
        await Deadline.Until(() => !IsOpen("held.txt"), () => "the descriptor that came late is still open");
    }

    [Fact]
    public async Task An_open_is_cancelled_with_its_request()
    {
        TaskCompletionSource<Exception?> ended = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FileServer server = await FileServer.StartAsync(tree.Root, first: app => app.Use(async (context, next) =>
        {
            try
            {
                await next(context);
                ended.TrySetResult(null);
            }
            catch (Exception thrown)
            {
                ended.TrySetResult(thrown);
                throw;
            }
        }));
        tree.Write("held.txt", FileTree.Pattern(100_000, 0)); // too large to be kept open
        using AioFault cold = AioFault.Script(AioFaultKind.OpenCold, 0, count: -1);
        using AioFault held = AioFault.Script(AioFaultKind.OpenLate, AioFault.Held, count: -1);
        using (Socket socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            await socket.ConnectAsync("127.0.0.1", server.Port, Deadline.Token);
            await socket.SendAsync(Encoding.ASCII.GetBytes("GET /held.txt HTTP/1.1\r\nHost: x\r\n\r\n"));
            await Deadline.Until(() => held.Fired == 1, () => "the open never began");
            socket.LingerState = new LingerOption(true, 0);
        }
        Assert.IsAssignableFrom<OperationCanceledException>(await ended.Task.WithinDeadline());
    }

    [Fact]
    public async Task A_result_that_comes_late_is_discarded_and_one_that_never_began_is_not_run()
    {
        using ThreadPoolEngine engine = new ThreadPoolEngine(1, 100);
        using ManualResetEventSlim gate = new ManualResetEventSlim();
        using SemaphoreSlim began = new SemaphoreSlim(0);
        TaskCompletionSource<int> discarded = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        FileWork<int> first = new FileWork<int>(() => { began.Release(); gate.Wait(); return 7; }, -1, discarded.SetResult);
        bool ran = false;
        FileWork<int> second = new FileWork<int>(() => { ran = true; return 8; }, -1, static _ => { });
        FileWork<int> third = new FileWork<int>(() => 9, -1, static _ => { });
        Assert.True(engine.TryRun(first) && engine.TryRun(second) && engine.TryRun(third));
        await began.WaitAsync(Deadline.Token);
        Assert.True(first.TryAbandon());
        Assert.True(second.TryAbandon());
        Assert.Equal(-1, await first.Task);
        gate.Set();
        Assert.Equal(7, await discarded.Task.WithinDeadline());
        Assert.Equal(9, await third.Task.WithinDeadline());
        Assert.False(ran);
        Assert.False(third.TryAbandon());
    }

    [Theory]
    [InlineData(AioMode.On), InlineData(AioMode.Threads), InlineData(AioMode.Posix), InlineData(AioMode.Uring)]
    public async Task A_wrapped_body_that_blocks_delays_its_own_download_only(AioMode aio)
    {
        using ManualResetEventSlim gate = new ManualResetEventSlim();
        using SemaphoreSlim blocked = new SemaphoreSlim(0);
        await using FileServer server = await FileServer.StartAsync(tree.Root, options => options.Aio = aio,
            first: app => app.Use(async (context, next) =>
        {
            IHttpResponseBodyFeature body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
            int flushes = 0;
            void Flushing()
            {
                if (context.Request.Query.ContainsKey("block") && ++flushes == 3)
                {
                    blocked.Release();
                    gate.Wait(Deadline.Default);
                }
            }
            context.Features.Set<IHttpResponseBodyFeature>(new WrappedBody(body, Flushing));
            await next(context);
            context.Features.Set(body);
        }));
        byte[] expected = tree.Bytes("b1048579.bin");
        Task<RawReply> stuck = RawReply.GetAsync(server.Port, "/b1048579.bin?block");
        await blocked.WaitAsync(Deadline.Token);
        try
        {
            for (int round = 0; round < 3; round++)
            {
                RawReply[] others = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => RawReply.GetAsync(server.Port, "/b1048579.bin")))
                    .WithinDeadline();
                Assert.All(others, reply => Assert.True(expected.AsSpan().SequenceEqual(reply.Body)));
            }
        }
        finally
        {
            gate.Set();
        }
        Assert.Equal(expected, (await stuck.WithinDeadline()).Body);
        await server.IdleAsync();
    }

    private bool IsOpen(string name)
        => Directory.GetFiles("/proc/self/fd").Any(link => new FileInfo(link) is var file && TargetOf(file) == tree.At(name));

    private static string? TargetOf(FileInfo link)
    {
        try
        {
            return link.LinkTarget;
        }
        catch (IOException)
        {
            return null; // closed meanwhile
        }
    }
}
