using System.Text;
using FileAio.Buffers;
using FileAio.Engines;
using FileAio.Engines.Uring;
using FileAio.Interop;
using FileAio.Tests.Support;
using Microsoft.Win32.SafeHandles;
using Shared.Uring.Interop;
using Errno = Shared.Interop.Errno;

namespace FileAio.Tests.Engines;

/// <summary>Rings without a server: overflow, threads that end, and engines that come and go.</summary>
[Collection(nameof(Alone))]
public sealed class FileRingTests(FileTree tree) : IClassFixture<FileTree>
{
    private const string File = "b1048579.bin";

    /// <summary>A completion queue of 32 for 256 operations: the kernel keeps what does not fit.</summary>
    [Fact]
    public async Task Completions_that_do_not_fit_in_the_queue_are_not_lost()
    {
        SysResult eventFd = EventFd.Create(EventFd.EFD_NONBLOCK);
        using FileRing ring = new FileRing(requests: 256, maxWaiting: 1000, workers: 4, (int)eventFd.Value, entries: 16);
        using AlignedBufferPool pool = new AlignedBufferPool(new BufferBudget(64 << 20)) { Poison = true };
        using SafeFileHandle handle = System.IO.File.OpenHandle(tree.At(File));
        byte[] content = tree.Bytes(File);
        AlignedBuffer[] buffers = [.. Enumerable.Range(0, 256).Select(_ => pool.TryRent(4096)!)];
        Submission engine = new Submission(ring);
        Task<SysResult>[] reads =
        [
            .. buffers.Select((buffer, i) => buffer.Read.StartAsync(
                engine, (int)handle.DangerousGetHandle(), buffer.Address, 4096, i * 4096L).AsTask()),
        ];
        static void Refuse(IRingOperation operation, SysResult reason) => Assert.Fail(reason.ToString());
        Assert.True(ring.Submit(Refuse));
        await Deadline.Until(() => ring.HasOverflow, () => "the queue never overflowed");
        int delivered = 0;
        await Deadline.Until(
            () =>
            {
                ring.Reap(8, (operation, result) =>
                {
                    delivered++;
                    FileRead read = (FileRead)operation;
                    read.SetResult(result);
                    read.Complete();
                });
                return delivered == 256;
            },
            () => $"{delivered} of 256 have completed");
        for (int i = 0; i < 256; i++)
        {
            Assert.Equal(Math.Min(4096, content.Length - (i * 4096)), (await reads[i]).Value);
            Assert.True(content.AsSpan(i * 4096, 4096).SequenceEqual(buffers[i].GetSpan()[..4096]));
            pool.Return(buffers[i]);
        }

        Unistd.Close((int)eventFd.Value);
    }

    /// <summary>
    /// The open of a FIFO waits in a kernel thread of the thread that has submitted it. With that thread the kernel ends the open, and the
    /// next thread submits it again.
    /// </summary>
    [Fact]
    public async Task An_operation_outlives_the_thread_that_has_submitted_it()
    {
        string fifo = tree.At("fifo" + Path.GetRandomFileName());
        using (System.Diagnostics.Process make = System.Diagnostics.Process.Start("mkfifo", fifo))
        {
            await make.WaitForExitAsync(Deadline.Token);
        }

        SysResult eventFd = EventFd.Create(EventFd.EFD_NONBLOCK);
        using FileRing ring = new FileRing(requests: 16, maxWaiting: 16, workers: 4, (int)eventFd.Value);
        const int Create = 0x40; // O_CREAT: the kernel does not try without a thread, which would not wait for the other end
        using OpenArguments arguments =
            new OpenArguments(Encoding.UTF8.GetBytes(fifo + '\0'), Libc.O_RDONLY | Create | Fcntl.O_CLOEXEC, 0);
        Open open = new Open(arguments);
        lock (ring.Gate)
        {
            Assert.True(ring.TryAdd(open));
        }

        SysResult? ended = null;
        int reaped = 0;
        void Submit() => ring.Submit((_, reason) => ended = reason);
        bool waits = false;
        Thread first = new Thread(() =>
        {
            Submit();

            // Only an open that waits is ended with its thread: now and then the kernel neither begins nor ends one that has not begun.
            string id = Path.GetFileName(new FileInfo("/proc/thread-self").LinkTarget!);
            waits = SpinWait.SpinUntil(() => AnOpenWaits($"iou-wrk-{id}"), Deadline.Default);
        });
        first.Start();
        first.Join();
        Assert.True(waits, "the open did not begin to wait");
        await Deadline.Until(
            () =>
            {
                reaped += ring.Reap(1, (_, result) => ended = result);
                return reaped > 0;
            },
            () => "the kernel did not end the open with its thread");
        Assert.Null(ended);

        // A thread of its own again, which stays until the end.
        using ManualResetEventSlim gate = new ManualResetEventSlim();
        using SemaphoreSlim submitted = new SemaphoreSlim(0);
        Thread second = new Thread(() =>
        {
            Submit();
            submitted.Release();
            gate.Wait();
        });
        second.Start();
        await submitted.WaitAsync(Deadline.Token);
        await using (FileStream writer = new FileStream(fifo, FileMode.Open, FileAccess.Write))
        {
            await Deadline.Until(
                () =>
                {
                    ring.Reap(1, (_, result) => ended = result);
                    return ended is not null;
                },
                () => "the open was not submitted again");
        }

        gate.Set();
        second.Join();
        Assert.False(ended!.Value.IsError, ended.ToString());
        Unistd.Close((int)ended.Value.Value);
        Unistd.Close((int)eventFd.Value);
    }

    /// <summary>
    /// The loop has moved away from a handler that computes. Its thread is not interrupted, but a timer tick has it handle completions.
    /// </summary>
    [Fact]
    public async Task An_operation_completes_while_the_thread_that_has_submitted_it_computes()
    {
        using TestRing test = new TestRing(requests: 16, maxWaiting: 16);
        using TestEvent source = new TestEvent();
        TestOperation read = TestOperation.Read(source, isOpen: false);
        using ManualResetEventSlim submitted = new ManualResetEventSlim();
        int ended = 0;
        Thread computes = new Thread(() =>
        {
            test.Add(read);
            submitted.Set();
            while (Volatile.Read(ref ended) == 0)
            {
                Thread.SpinWait(100);
            }
        });
        computes.Start();
        try
        {
            await Task.Run(submitted.Wait).WithinDeadline();
            EventFd.Signal(source.Descriptor);
            await Deadline.Until(() => test.Ring.HasCompletions, () => "the completion waits for the thread to stop computing");
        }
        finally
        {
            Volatile.Write(ref ended, 1);
            computes.Join();
        }

        Assert.Equal(1, test.Reap());
        Assert.Equal(sizeof(ulong), read.Result!.Value.Value);
    }

    /// <summary>Whether a kernel thread of that name waits for the other end of a FIFO.</summary>
    private static bool AnOpenWaits(string thread) => Directory.EnumerateDirectories("/proc/self/task").Any(task =>
    {
        try
        {
            return System.IO.File.ReadAllText(Path.Combine(task, "comm")).Trim() == thread
                && System.IO.File.ReadAllText(Path.Combine(task, "wchan")) == "wait_for_partner";
        }
        catch (IOException)
        {
            return false;
        }
    });

    /// <summary>Rings are made and closed as servers start and stop: neither descriptors nor locked memory are used up.</summary>
    [Fact]
    public async Task Engines_come_and_go_with_reads_in_flight()
    {
        using ThreadPoolEngine threads = new ThreadPoolEngine(1, 1000);
        using AlignedBufferPool pool = new AlignedBufferPool(new BufferBudget(64 << 20)) { Poison = true };
        using SafeFileHandle handle = System.IO.File.OpenHandle(tree.At(File));
        int before = Directory.GetFiles("/proc/self/fd").Length;
        for (int round = 0; round < 200; round++)
        {
            Assert.True(UringEngine.TryCreate(new UringSetup(16, 1000, 4), threads, out UringEngine? engine, out string refusal), refusal);
            List<(AlignedBuffer Buffer, Task<SysResult> Result)> reads = [];
            for (int i = 0; i < 32; i++)
            {
                AlignedBuffer buffer = pool.TryRent(65536)!;
                reads.Add((buffer, buffer.Read.StartAsync(engine, (int)handle.DangerousGetHandle(), buffer.Address, 65536, 0).AsTask()));
            }

            await Task.Run(engine.Dispose);
            foreach ((AlignedBuffer buffer, Task<SysResult> result) in reads)
            {
                Assert.Contains((await result.WithinDeadline()).Value, new long[] { 65536, -Errno.ECANCELED });
                pool.Return(buffer);
            }
        }

        Assert.Equal(0, pool.Rented);
        await Deadline.Until(() => Directory.GetFiles("/proc/self/fd").Length <= before + 8,
            () => $"{Directory.GetFiles("/proc/self/fd").Length} descriptors, {before} before");
    }

    /// <summary>An openat2 alone.</summary>
    private sealed class Open : IRingOperation
    {
        private readonly OpenArguments _arguments;

        public Open(OpenArguments arguments)
        {
            _arguments = arguments;
            Node = new LinkedListNode<IRingOperation>(this);
        }

        public int Slot { get; set; } = -1;

        public bool IsOpen => true;

        public LinkedListNode<IRingOperation> Node { get; }

        public IoUring.io_uring_sqe Prepare() => FileSqe.Open(Libc.AT_FDCWD, _arguments);

        public bool Continue(SysResult result) => false;
    }

    /// <summary>Adds reads to a ring, and does nothing else.</summary>
    private sealed class Submission(FileRing ring) : IFileEngine
    {
        public string Name => "test";

        public InFlightReads Reads { get; } = new();

        public void Submit(FileRead read)
        {
            lock (ring.Gate)
            {
                Assert.True(ring.TryAdd(read));
            }
        }

        public void TryCancel(FileRead read)
        {
        }

        public void Post(SendOrPostCallback work, object? state) => work(state);

        public void Dispose()
        {
        }
    }
}
