using FileAio.Buffers;
using FileAio.Engines;
using FileAio.Tests.Support;
using Microsoft.Win32.SafeHandles;
using Errno = Shared.Interop.Errno;

namespace FileAio.Tests.Engines;

/// <summary>What the threads of glibc, which all POSIX AIO of the process shares, require of <see cref="PosixAioEngine"/>.</summary>
[Collection(nameof(Alone))]
public sealed class PosixAioTests(FileTree tree) : IClassFixture<FileTree>
{
    // The default of aio_init(3): glibc starts no more.
    private const int GlibcThreads = 20;

    private const string File = "b1048579.bin";

    [Fact]
    public async Task Idle_engines_occupy_none_of_the_threads_of_glibc()
    {
        List<PosixAioEngine> engines = [];
        using AlignedBufferPool pool = new AlignedBufferPool(new BufferBudget(1 << 20));
        using SafeFileHandle handle = System.IO.File.OpenHandle(tree.At(File));
        try
        {
            for (int i = 0; i < GlibcThreads + 5; i++)
            {
                Assert.SkipUnless(PosixAioEngine.TryCreate(16, out PosixAioEngine? engine, out string reason), reason);
                engines.Add(engine);
            }

            for (int round = 0; round < 2; round++)
            {
                foreach (PosixAioEngine engine in engines)
                {
                    Assert.Equal(4096, await StartAsync(engine, pool, (int)handle.DangerousGetHandle()).WithinDeadline());
                }

                long[] results = await Task.WhenAll(
                    engines.Select(engine => StartAsync(engine, pool, (int)handle.DangerousGetHandle()))).WithinDeadline();
                Assert.All(results, result => Assert.Equal(4096, result));
            }

            Assert.Equal(0, pool.Rented);
        }
        finally
        {
            await Task.WhenAll(engines.Select(engine => Task.Run(engine.Dispose))).WithinDeadline();
        }
    }

    [Fact]
    public async Task Posted_work_runs_while_all_threads_of_glibc_are_occupied()
    {
        Assert.SkipUnless(PosixAioEngine.TryCreate(GlibcThreads, out PosixAioEngine? busy, out string reason), reason);
        Assert.SkipUnless(PosixAioEngine.TryCreate(16, out PosixAioEngine? engine, out reason), reason);
        using AlignedBufferPool pool = new AlignedBufferPool(new BufferBudget(1 << 20));
        using SafeFileHandle handle = System.IO.File.OpenHandle(tree.At(File));
        using Occupied occupied = new Occupied(busy, pool);
        await SubmittedAsync(busy);
        Task<long> behind = StartAsync(engine, pool, (int)handle.DangerousGetHandle());
        await SubmittedAsync(engine);
        Assert.False(behind.IsCompleted);
        await occupied.EndAsync();
        Assert.Equal(4096, await behind.WithinDeadline());
        await Task.Run(engine.Dispose).WithinDeadline();
        await Task.Run(busy.Dispose).WithinDeadline();
    }

    /// <summary>aio_cancel of the first of several queued reads of one descriptor makes glibc forget the others.</summary>
    [Theory]
    [InlineData(0), InlineData(1), InlineData(2)]
    public async Task A_cancelled_read_takes_no_other_read_of_its_descriptor_with_it(int cancelled)
    {
        Assert.SkipUnless(PosixAioEngine.TryCreate(64, out PosixAioEngine? engine, out string reason), reason);
        using AlignedBufferPool pool = new AlignedBufferPool(new BufferBudget(1 << 20));
        using SafeFileHandle handle = System.IO.File.OpenHandle(tree.At(File));
        using Occupied occupied = new Occupied(engine, pool);
        await SubmittedAsync(engine);
        (AlignedBuffer Buffer, Task<SysResult> Result)[] reads = [.. Enumerable.Range(0, 3).Select(_ =>
        {
            AlignedBuffer buffer = pool.TryRent(4096)!;
            return (buffer, buffer.Read.StartAsync(engine, (int)handle.DangerousGetHandle(), buffer.Address, 4096, 0).AsTask());
        })];
        await SubmittedAsync(engine);

        reads[cancelled].Buffer.Read.TryCancel();
        await occupied.EndAsync();
        for (int i = 0; i < reads.Length; i++)
        {
            long result = (await reads[i].Result.WithinDeadline()).Value;
            Assert.True(result == 4096 || (i == cancelled && result == -Errno.ECANCELED), $"read {i}: {result}");
            pool.Return(reads[i].Buffer);
        }

        Assert.Equal(4096, await StartAsync(engine, pool, (int)handle.DangerousGetHandle()).WithinDeadline());
        Assert.Equal(0, pool.Rented);
        await Task.Run(engine.Dispose).WithinDeadline();
    }

    private static async Task<long> StartAsync(PosixAioEngine engine, AlignedBufferPool pool, int descriptor)
    {
        AlignedBuffer buffer = pool.TryRent(4096)!;
        SysResult read = await buffer.Read.StartAsync(engine, descriptor, buffer.Address, 4096, 0);
        pool.Return(buffer);
        return read.Value;
    }

    /// <summary>Waits until glibc has the reads. The engine submits before it runs posted work again.</summary>
    private static async Task SubmittedAsync(PosixAioEngine engine)
    {
        for (int i = 0; i < 2; i++)
        {
            TaskCompletionSource posted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            engine.Post(static done => ((TaskCompletionSource)done!).SetResult(), posted);
            await posted.Task.WithinDeadline();
        }
    }

    /// <summary>All threads of glibc, each in a read of an eventfd.</summary>
    private sealed class Occupied : IDisposable
    {
        private readonly int[] _events = [.. Enumerable.Range(0, GlibcThreads).Select(_ => (int)EventFd.Create(0).Value)];
        private readonly Task<long>[] _reads;

        public Occupied(PosixAioEngine engine, AlignedBufferPool pool) =>
            _reads = [.. _events.Select(descriptor => StartAsync(engine, pool, descriptor))];

        public async Task EndAsync()
        {
            foreach (int descriptor in _events)
            {
                EventFd.Signal(descriptor);
            }

            Assert.All(await Task.WhenAll(_reads).WithinDeadline(), result => Assert.Equal(sizeof(ulong), result));
        }

        public void Dispose()
        {
            foreach (int descriptor in _events)
            {
                EventFd.Signal(descriptor);
            }

            Task.WaitAll(_reads, Deadline.Default);
            foreach (int descriptor in _events)
            {
                Unistd.Close(descriptor);
            }
        }
    }
}
