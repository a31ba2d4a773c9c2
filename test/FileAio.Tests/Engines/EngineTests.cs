using System.Collections.Concurrent;
using FileAio.Buffers;
using FileAio.Engines;
using FileAio.Engines.KernelAio;
using FileAio.Engines.Uring;
using FileAio.Tests.Support;
using FileAio.Threads;
using Microsoft.Win32.SafeHandles;

namespace FileAio.Tests.Engines;

/// <summary>What IFileEngine promises, of every engine.</summary>
public sealed class EngineTests(FileTree tree) : IClassFixture<FileTree>
{
    public static TheoryData<string, bool> Engines
    {
        get
        {
            TheoryData<string, bool> rows = new TheoryData<string, bool> { { "off", false } };
            foreach (string? name in new[] { "linux-aio", "threads", "posix-aio", "io_uring" })
            {
                rows.Add(name, false);
                rows.Add(name, true);
            }
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task More_reads_than_have_room_all_complete_with_their_own_bytes(string name, bool inline)
    {
        using ThreadPoolEngine threads = new ThreadPoolEngine(4, 10_000);
        IFileEngine engine = Make(name, threads);
        using AlignedBufferPool pool = new AlignedBufferPool(new BufferBudget(64 << 20)) { Poison = true };
        byte[] content = tree.Bytes("b1048579.bin");
        using SafeFileHandle handle = File.OpenHandle(tree.At("b1048579.bin"));
        int descriptor = (int)handle.DangerousGetHandle();

        await Task.WhenAll(Enumerable.Range(0, 400).Select(async i =>
        {
            AlignedBuffer buffer = pool.TryRent(4096)!;
            long offset = i * 4096L % content.Length / 512 * 512;
            SysResult read = await buffer.Read.StartAsync(engine, descriptor, buffer.Address, 4096, offset, inline).WithinDeadline();
            Span<byte> expected = content.AsSpan((int)offset, (int)Math.Min(4096, content.Length - offset));
            Assert.True(expected.SequenceEqual(buffer.GetSpan()[..(int)read.Value]), $"the bytes at {offset} are not the file's");
            pool.Return(buffer);
        }));

        AlignedBuffer past = pool.TryRent(4096)!;
        Assert.Equal(0, (await past.Read.StartAsync(engine, descriptor, past.Address, 4096, 2 << 20, inline).WithinDeadline()).Value);
        Assert.Equal(
            -Shared.Interop.Errno.EBADF,
            (await past.Read.StartAsync(engine, 1 << 20, past.Address, 4096, 0, inline).WithinDeadline())
            .Value);
        pool.Return(past);
        Assert.Equal(0, pool.Rented);
        await Task.Run(engine.Dispose); // not here: an inline completion has brought us to the very thread that Dispose waits for
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task An_abandoned_read_still_completes(string name, bool inline)
    {
        using ThreadPoolEngine threads = new ThreadPoolEngine(1, 10_000);
        IFileEngine engine = Make(name, threads);
        using AlignedBufferPool pool = new AlignedBufferPool(new BufferBudget(64 << 20));
        using SafeFileHandle handle = File.OpenHandle(tree.At("b1048579.bin"));
        (AlignedBuffer Buffer, Task<SysResult> Result)[] reads = Enumerable.Range(0, 300).Select(i =>
        {
            AlignedBuffer buffer = pool.TryRent(65536)!;
            return (Buffer: buffer, Result: buffer.Read.StartAsync(engine, (int)handle.DangerousGetHandle(), buffer.Address, 65536,
                i % 8 * 65536, inline).AsTask());
        }).ToArray();
        foreach ((AlignedBuffer? buffer, Task<SysResult> _) in reads)
        {
            buffer.Read.TryCancel();
        }

        foreach ((AlignedBuffer? buffer, Task<SysResult>? result) in reads)
        {
            Assert.Contains((await result.WithinDeadline()).Value, new long[] { 65536, -Shared.Interop.Errno.ECANCELED });
            pool.Return(buffer);
        }
        await Task.Run(engine.Dispose); // not here: an inline completion has brought us to the very thread that Dispose waits for
    }

    [Theory]
    [InlineData("linux-aio"), InlineData("threads"), InlineData("posix-aio"), InlineData("io_uring")]
    public async Task Posted_work_runs_on_an_engine_thread_in_order(string name)
    {
        using ThreadPoolEngine threads = new ThreadPoolEngine(1, 1);
        IFileEngine engine = Make(name, threads);
        ConcurrentQueue<int> ran = new System.Collections.Concurrent.ConcurrentQueue<int>();
        for (int round = 0; round < 50; round++)
        {
            TaskCompletionSource<bool> done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            for (int i = 0; i < 20; i++)
            {
                engine.Post(number => ran.Enqueue((int)number!), (round * 20) + i);
            }

            engine.Post(_ => done.SetResult(EngineThread.IsCurrent), null);
            Assert.True(await done.Task.WithinDeadline()); // asleep by now, or about to be: the next round must wake it
        }
        Assert.Equal(Enumerable.Range(0, 1000), ran);
        await Task.Run(engine.Dispose);
    }

    private static IFileEngine Make(string name, ThreadPoolEngine threads)
    {
        switch (name)
        {
            case "linux-aio":
                Assert.SkipUnless(LinuxAioEngine.TryCreate(16, threads, out LinuxAioEngine? linux, out EngineRefusal refused),
                    refused.Reason);
                return linux!;
            case "posix-aio":
                Assert.SkipUnless(PosixAioEngine.TryCreate(16, out PosixAioEngine? posix, out string? reason), reason);
                return posix!;
            case "io_uring":
                Assert.SkipUnless(
                    UringEngine.TryCreate(new UringSetup(16, 10_000, 4), threads, out UringEngine? ring, out string why), why);
                return ring!;
            case "threads":
                return threads;
            default:
                return new OffEngine();
        }
    }
}
