using System.IO.Pipelines;
using FileAio.Buffers;
using FileAio.Engines;
using FileAio.Engines.Uring;
using FileAio.Tests.Support;
using FileAio.Threads;
using Microsoft.Win32.SafeHandles;
using Transport.Core;
using static Shared.Uring.Interop.IoUring;
using Errno = Shared.Interop.Errno;

namespace FileAio.Tests.Engines;

/// <summary>Rings whose operations hang, are cancelled or are passed on, and rings that the kernel refuses later on.</summary>
[Collection(nameof(Alone))]
public sealed class FileRingFaultTests(FileTree tree) : IClassFixture<FileTree>
{
    private const string File = "b1048579.bin";
    private const uint RWF_NOWAIT = 8;
    private const uint IORING_POLL_ADD_MULTI = 1;
    private const uint POLLIN = 1;

    /// <summary>Opens on a mount whose server does not respond hold their slots: the reads of other disks continue.</summary>
    [Fact]
    public async Task Opens_that_hang_leave_half_of_the_slots_to_reads()
    {
        using TestRing test = new TestRing(requests: 16, maxWaiting: 100);
        using TestEvent never = new TestEvent();
        TestOperation[] opens = [.. Enumerable.Range(0, 16).Select(_ => TestOperation.Read(never, isOpen: true))];
        test.Add(opens);
        Assert.False(test.CanSubmit, "an engine would try again and again to submit opens that have no slot");

        await test.ReadFileAsync(tree);
        Assert.All(opens, open => Assert.Null(open.Result));
        Assert.Equal(8, opens.Count(open => open.Slot >= 0));

        // Each signal ends one of the opens: one that waits takes its slot.
        for (int ended = 1; ended <= opens.Length; ended++)
        {
            EventFd.Signal(never.Descriptor);
            await test.UntilAsync(() => opens.Count(open => open.Result is not null) == ended, $"open {ended} has not completed");
        }

        Assert.All(opens, open => Assert.Equal(sizeof(ulong), open.Result!.Value.Value));
    }

    [Fact]
    public async Task Opens_that_wait_do_not_fill_the_queue_of_reads()
    {
        using TestRing test = new TestRing(requests: 16, maxWaiting: 4);
        using TestEvent never = new TestEvent();
        TestOperation[] opens = [.. Enumerable.Range(0, 12).Select(_ => TestOperation.Read(never, isOpen: true))];
        for (int i = 0; i < opens.Length; i += 4)
        {
            test.Add(opens[i..(i + 4)]);
        }

        Assert.False(test.TryAdd(TestOperation.Read(never, isOpen: true)), "more opens wait than are allowed to");
        await test.ReadFileAsync(tree);
        await test.CancelAsync(opens);
    }

    [Fact]
    public async Task A_lost_ring_submits_nothing_more_and_delivers_what_the_kernel_has_accepted()
    {
        using TestRing test = new TestRing(requests: 256, maxWaiting: 1000, entries: 16);
        using SafeFileHandle handle = System.IO.File.OpenHandle(tree.At(File));
        TestOperation[] accepted = [.. Enumerable.Range(0, 200).Select(i => TestOperation.ReadFile(handle, i * 4096))];
        test.Add(accepted);
        await Deadline.Until(() => test.Ring.HasOverflow, () => "the queue never overflowed");
        TestOperation[] refused = [.. Enumerable.Range(0, 8).Select(i => TestOperation.ReadFile(handle, i * 4096))];
        using (AioFault fault = AioFault.Script(AioFaultKind.UringEnterFails, Errno.EPERM))
        {
            test.Add(refused);
            Assert.Equal(1, fault.Fired);
        }

        Assert.All(refused, read => Assert.Equal(Errno.EPERM, read.Result!.Value.Errno));
        await test.UntilAsync(() => accepted.All(read => read.Result is not null), "the accepted reads have not all completed");
        Assert.All(accepted, read => Assert.Equal(4096, read.Result!.Value.Value));
        Assert.False(test.Ring.HasCompletions);
        Assert.All(refused, read => Assert.True(read.Buffer.AsSpan().IndexOfAnyExcept((byte)0) < 0, "a refused read was submitted"));
    }

    /// <summary>A multishot poll completes again after its operation has ended.</summary>
    [Fact]
    public async Task A_completion_without_an_operation_is_ignored()
    {
        using TestRing test = new TestRing(requests: 16, maxWaiting: 16);
        using TestEvent source = new TestEvent();
        TestOperation poll = new TestOperation(new io_uring_sqe
        {
            opcode = IORING_OP_POLL_ADD,
            fd = source.Descriptor,
            len = IORING_POLL_ADD_MULTI,
            poll32_events = POLLIN,
        });
        test.Add(poll);
        EventFd.Signal(source.Descriptor);
        await test.UntilAsync(() => poll.Result is not null, "the poll has not completed");
        EventFd.Signal(source.Descriptor);
        await Deadline.Until(() => test.Ring.HasCompletions, () => "the poll has not completed again");
        Assert.Equal(1, test.Reap());
        Assert.Equal(1, poll.Completions);
        await test.ReadFileAsync(tree);
    }

    [Fact]
    public async Task A_cancelled_read_that_would_have_waited_is_cancelled_and_not_read_again()
    {
        using TestRing test = new TestRing(requests: 16, maxWaiting: 16);
        using TestEvent never = new TestEvent();
        TestOperation read = TestOperation.Read(never, isOpen: false, RWF_NOWAIT);
        test.Add(read);
        await Deadline.Until(() => test.Ring.HasCompletions, () => "the read waits");
        lock (test.Ring.Gate)
        {
            Assert.False(test.Ring.TryWithdraw(read));
        }

        await test.UntilAsync(() => read.Result is not null, "the read has not completed");
        Assert.Equal(Errno.ECANCELED, read.Result!.Value.Errno);
    }

    [Fact]
    public async Task A_slot_of_another_ring_is_not_taken_for_its_own()
    {
        using TestRing large = new TestRing(requests: 64, maxWaiting: 16);
        using TestRing small = new TestRing(requests: 16, maxWaiting: 16);
        using TestEvent never = new TestEvent();
        TestOperation read = TestOperation.Read(never, isOpen: false);
        large.Add(read);
        Assert.True(read.Slot >= 16, $"slot {read.Slot}");
        lock (small.Ring.Gate)
        {
            Assert.False(small.Ring.TryWithdraw(read));
        }

        await large.CancelAsync(read);
    }

    [Fact]
    public async Task Waiting_operations_are_withdrawn_once_and_the_others_keep_their_order()
    {
        using TestRing test = new TestRing(requests: 16, maxWaiting: 100);
        using TestEvent never = new TestEvent();
        TestOperation[] reads = [.. Enumerable.Range(0, 6).Select(_ => TestOperation.Read(never, isOpen: false))];
        lock (test.Ring.Gate)
        {
            Assert.All(reads, read => Assert.True(test.Ring.TryAdd(read)));
            foreach (int i in new[] { 3, 0, 5 })
            {
                Assert.True(test.Ring.TryWithdraw(reads[i]));
                Assert.False(test.Ring.TryWithdraw(reads[i]));
            }

            Assert.True(test.Ring.TryAdd(reads[0]));
            Assert.Equal([reads[1], reads[2], reads[4], reads[0]], test.Ring.CancelAll());
            Assert.True(test.Ring.IsIdle);
        }

        await Task.CompletedTask;
    }

    /// <summary>The loop has refused a ring: the read is in flight in the engine that is used instead.</summary>
    [Fact]
    public async Task A_read_that_another_engine_has_accepted_is_cancelled_there()
    {
        using ThreadPoolEngine threads = new ThreadPoolEngine(1, 100);
        Assert.True(UringEngine.TryCreate(new UringSetup(16, 100, 4), threads, out UringEngine? fallback, out string refusal), refusal);
        using UringEngine engine = fallback;
        using LoopUringEngine loop = new LoopUringEngine(new NoLoop(), new UringSetup(16, 100, 4), engine, threads, engine.Reads);
        using AlignedBufferPool pool = new AlignedBufferPool(new BufferBudget(1 << 20));
        using TestEvent never = new TestEvent();
        AlignedBuffer buffer = pool.TryRent(4096)!;
        for (int round = 0; round < 2; round++)
        {
            Task<SysResult> result = buffer.Read.StartAsync(loop, never.Descriptor, buffer.Address, sizeof(ulong), 0).AsTask();
            buffer.Read.TryCancel();
            Assert.Equal(Errno.ECANCELED, (await result.WithinDeadline()).Errno);
        }

        pool.Return(buffer);
    }

    [Fact]
    public async Task A_read_that_a_lost_ring_has_passed_on_is_cancelled_by_the_threads()
    {
        using ManualResetEventSlim gate = new ManualResetEventSlim();
        using ThreadPoolEngine threads = new ThreadPoolEngine(1, 100, (name, run) => EngineThread.TryStart(name, () =>
        {
            gate.Wait();
            run();
        }));
        using AlignedBufferPool pool = new AlignedBufferPool(new BufferBudget(1 << 20));
        using SafeFileHandle handle = System.IO.File.OpenHandle(tree.At(File));
        Assert.True(UringEngine.TryCreate(new UringSetup(16, 100, 4), threads, out UringEngine? lost, out string refusal), refusal);
        using UringEngine engine = lost;
        AlignedBuffer buffer = pool.TryRent(4096)!;
        try
        {
            using AioFault fault = AioFault.Script(AioFaultKind.UringEnterFails, Errno.EPERM, count: -1);
            Task<SysResult> result =
                buffer.Read.StartAsync(engine, (int)handle.DangerousGetHandle(), buffer.Address, 4096, 0).AsTask();
            await Deadline.Until(() => threads.WaitingReads == 1, () => "the read was not passed on");
            buffer.Read.TryCancel();
            Assert.Equal(Errno.ECANCELED, (await result.WithinDeadline()).Errno);
        }
        finally
        {
            gate.Set();
        }

        pool.Return(buffer);
    }

    /// <summary>A loop that accepts no source and no work, as one that has ended.</summary>
    private sealed class NoLoop : IEventLoopFeature
    {
        public PipeScheduler Application => PipeScheduler.ThreadPool;

        public bool TryPost(Action<object?> action, object? state) => false;

        public bool TryAttach(IEventLoopSource source, out int wakeUp)
        {
            wakeUp = -1;
            return false;
        }
    }
}
