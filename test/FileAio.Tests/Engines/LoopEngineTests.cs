using System.Text;
using FileAio.Buffers;
using FileAio.Engines;
using FileAio.Engines.KernelAio;
using FileAio.Engines.Uring;
using FileAio.Files;
using FileAio.Interop;
using FileAio.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;
using Errno = Shared.Interop.Errno;

namespace FileAio.Tests.Engines;

/// <summary>The engines of event loops, on a loop without a server.</summary>
[Collection(nameof(Alone))]
public sealed class LoopEngineTests(FileTree tree) : IClassFixture<FileTree>
{
    private const string File = "b1048579.bin";
    private const int AT_FDCWD = -100;
    private const int O_CREAT = 0x40;

    /// <summary>A loop refuses a source at the descriptor limit, which is reached for a while only.</summary>
    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task A_loop_that_has_refused_once_is_asked_again(bool ring)
    {
        using ThreadPoolEngine threads = new ThreadPoolEngine(1, 100);
        using TestLoop loop = new TestLoop(refusals: 1);
        using IFileEngine fallback = MakeFallback(ring, threads);
        using IFileEngine engine = Make(ring, loop, fallback, threads);
        await ReadAsync(engine);
        Assert.False(HasQueue(engine));
        await UntilItHasAQueueAsync(engine);
        Assert.Equal(1, loop.Attached);
    }

    [Theory]
    [InlineData(AioFaultKind.IoSetupFails, Errno.ENOMEM), InlineData(AioFaultKind.UringSetupFails, Errno.EMFILE)]
    public async Task A_kernel_that_has_refused_a_queue_is_asked_again(object kind, int errno)
    {
        bool ring = (AioFaultKind)kind == AioFaultKind.UringSetupFails;
        using ThreadPoolEngine threads = new ThreadPoolEngine(1, 100);
        using TestLoop loop = new TestLoop();
        using IFileEngine fallback = MakeFallback(ring, threads);
        using IFileEngine engine = Make(ring, loop, fallback, threads);
        using (AioFault refused = AioFault.Script((AioFaultKind)kind, errno, count: -1))
        {
            await ReadAsync(engine);
            Assert.Equal(1, refused.Fired);
            Assert.False(HasQueue(engine));
        }

        await UntilItHasAQueueAsync(engine);
        Assert.Equal(1, loop.Attached);
    }

    [Theory]
    [InlineData(AioFaultKind.IoSetupFails), InlineData(AioFaultKind.UringSetupFails)]
    public async Task An_engine_without_a_queue_closes_its_descriptor(object kind)
    {
        bool ring = (AioFaultKind)kind == AioFaultKind.UringSetupFails;
        using ThreadPoolEngine threads = new ThreadPoolEngine(1, 100);
        using IFileEngine fallback = MakeFallback(ring, threads);
        using AioFault refused = AioFault.Script((AioFaultKind)kind, Errno.ENOMEM, count: -1);
        int before = Directory.GetFiles("/proc/self/fd").Length;
        for (int round = 0; round < 50; round++)
        {
            TestLoop loop = new TestLoop();
            IFileEngine engine = Make(ring, loop, fallback, threads);
            await ReadAsync(engine);
            if (round % 2 == 0)
            {
                engine.Dispose();
                loop.Dispose();
            }
            else
            {
                loop.Dispose(); // the loop ends first
                engine.Dispose();
            }
        }

        await Deadline.Until(() => Directory.GetFiles("/proc/self/fd").Length <= before + 8,
            () => $"{Directory.GetFiles("/proc/self/fd").Length} descriptors, {before} before");
    }

    /// <summary>
    /// A loop submits opens that wait for their other end, more than the kernel has threads, and its thread ends at once. An open that a
    /// kernel thread begins while the loop's thread ends can neither be interrupted nor cancelled any more.
    /// </summary>
    [Fact]
    public async Task Opens_end_with_the_loop_that_has_just_submitted_them()
    {
        string fifo = tree.At("fifo" + Path.GetRandomFileName());
        using (System.Diagnostics.Process make = System.Diagnostics.Process.Start("mkfifo", fifo))
        {
            await make.WaitForExitAsync(Deadline.Token);
        }

        using ThreadPoolEngine threads = new ThreadPoolEngine(1, 100);
        using UringEngine fallback = (UringEngine)MakeFallback(ring: true, threads);
        for (int round = 0; round < 100; round++)
        {
            using TestLoop loop = new TestLoop();
            using LoopUringEngine engine = (LoopUringEngine)Make(ring: true, loop, fallback, threads);
            Assert.True(engine.CanOpen); // creates the ring
            Assert.True(engine.HasQueue);
            RingOpen[] opens = [.. Enumerable.Range(0, 8).Select(_ => OpenOf(fifo))];
            Assert.All(opens, open => Assert.True(engine.TryOpen(open)));
            loop.End();
            try
            {
                OpenResult[] results = await Task.WhenAll(opens.Select(static open => open.Task)).WithinDeadline();
                Assert.All(results, static result => Assert.True(result.Result.IsError));
            }
            catch (TimeoutException)
            {
                await using FileStream both = new FileStream(fifo, FileMode.Open, FileAccess.ReadWrite); // the other end: the opens end
                await Task.WhenAll(opens.Select(static open => open.Task)).WithinDeadline();
                throw;
            }
        }
    }

    private static RingOpen OpenOf(string fifo)
    {
        OpenArguments arguments =
            new OpenArguments(Encoding.UTF8.GetBytes(fifo + '\0'), Libc.O_RDONLY | O_CREAT | Fcntl.O_CLOEXEC, 0);
        FileRoot folder = FileRoot.Missing("", Errno.ENOENT, new DeviceTable(NullLogger.Instance));
        Assert.True(folder.TryAddReference());
        return new RingOpen(new PendingOpen(folder, "", AT_FDCWD, arguments, isLocal: true));
    }

    private static IFileEngine MakeFallback(bool ring, ThreadPoolEngine threads)
    {
        if (!ring)
        {
            return new OffEngine();
        }

        Assert.SkipUnless(UringEngine.TryCreate(new UringSetup(16, 100, 4), threads, out UringEngine? engine, out string why), why);
        return engine!;
    }

    private static IFileEngine Make(bool ring, TestLoop loop, IFileEngine fallback, ThreadPoolEngine threads) => ring
        ? new LoopUringEngine(loop, new UringSetup(16, 100, 4), (UringEngine)fallback, threads, fallback.Reads)
        : new LoopAioEngine(loop, 16, fallback, threads, fallback.Reads);

    private static bool HasQueue(IFileEngine engine) =>
        engine is LoopUringEngine ring ? ring.HasQueue : ((LoopAioEngine)engine).HasQueue;

    private async Task UntilItHasAQueueAsync(IFileEngine engine)
    {
        using CancellationTokenSource late = new CancellationTokenSource(Deadline.Default);
        while (!HasQueue(engine))
        {
            Assert.False(late.IsCancellationRequested, "the engine has requested no queue again");
            await ReadAsync(engine);
        }

        await ReadAsync(engine);
    }

    private async Task ReadAsync(IFileEngine engine)
    {
        using AlignedBufferPool pool = new AlignedBufferPool(new BufferBudget(1 << 20));
        using SafeFileHandle handle = System.IO.File.OpenHandle(tree.At(File));
        AlignedBuffer buffer = pool.TryRent(4096)!;
        SysResult read = await buffer.Read.StartAsync(engine, (int)handle.DangerousGetHandle(), buffer.Address, 4096, 0).WithinDeadline();
        Assert.Equal(4096, read.Value);
        Assert.True(tree.Bytes(File).AsSpan(0, 4096).SequenceEqual(buffer.GetSpan()[..4096]));
        pool.Return(buffer);
    }
}
