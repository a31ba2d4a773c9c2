using System.Net.Sockets;
using System.Text;
using FileAio.Buffers;
using FileAio.Engines;
using FileAio.Engines.Uring;
using FileAio.Interop;
using FileAio.Tests.Support;
using FileAio.Threads;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Shared.Uring.Interop;
using Errno = Shared.Interop.Errno;

namespace FileAio.Tests.Engines;

/// <summary>What the kernel may answer to io_uring, scripted: another engine serves, or the response is whole all the same, or ends.</summary>
[Collection(nameof(Alone))]
public sealed class UringFaultTests(FileTree tree) : IClassFixture<FileTree>
{
    private const string File = "b1048579.bin";

    public static TheoryData<string> Transports => ["sockets", "epoll"];

    [Theory]
    [InlineData(AioFaultKind.UringSetupFails, Errno.ENOSYS, "io_uring_setup", "Function not implemented")]
    [InlineData(AioFaultKind.UringSetupFails, Errno.EPERM, "io_uring_setup", "kernel.io_uring_disabled")]
    [InlineData(AioFaultKind.UringSetupFails, Errno.ENOMEM, "io_uring_setup", "Cannot allocate memory")]
    [InlineData(AioFaultKind.UringEnterFails, Errno.EPERM, "io_uring_enter", "Operation not permitted")]
    [InlineData(AioFaultKind.UringOpenResult, -Errno.EINVAL, "IORING_OP_OPENAT2", "Invalid argument")]
    [InlineData(AioFaultKind.UringStatResult, -Errno.EINVAL, "IORING_OP_STATX", "Invalid argument")]
    [InlineData(AioFaultKind.UringReadResult, -Errno.EINVAL, "IORING_OP_READ", "Invalid argument")]
    public async Task Where_it_is_refused_the_default_engine_serves_and_one_warning_says_why(
        object kind, int value, string call, string said)
    {
        using AioFault fault = AioFault.Script((AioFaultKind)kind, value, count: -1);
        await using FileServer server = await FileServer.StartAsync(tree.Root, options => options.Aio = AioMode.Uring);
        Assert.NotEqual("io_uring", server.Status.Engine);
        Assert.Contains(call, server.Status.FallbackReason);
        string warning = Assert.Single(server.Log.At(LogLevel.Warning), line => line.Contains("io_uring", StringComparison.Ordinal));
        Assert.Contains(call, warning);
        Assert.Contains(said, warning);
        Assert.Contains("kernel AIO", warning);
        await ServesAsync(server);
    }

    [Theory]
    [InlineData(Errno.EAGAIN, "sockets"), InlineData(Errno.EBUSY, "sockets"), InlineData(Errno.EINTR, "sockets")]
    [InlineData(Errno.EAGAIN, "epoll"), InlineData(Errno.ENOMEM, "epoll"), InlineData(Errno.EINTR, "epoll")]
    public async Task A_kernel_that_takes_no_more_for_now_is_waited_for(int errno, string transport)
    {
        await using FileServer server = await StartAsync(transport, options => options.OutputBuffers = new OutputBuffers(8, 16384));
        using AioFault fault = AioFault.Script(AioFaultKind.UringEnterFails, errno, count: 40);
        await ServesAsync(server, clients: 16);
        Assert.True(fault.Fired > 0, "the fault was never met");
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task A_ring_that_is_refused_later_on_loses_nothing(string transport)
    {
        await using FileServer server = await StartAsync(transport);
        using (AioFault fault = AioFault.Script(AioFaultKind.UringEnterFails, Errno.EPERM, count: -1, skip: 4))
        {
            await ServesAsync(server, clients: 16);
            Assert.True(fault.Fired > 0, "the fault was never met");
        }

        using AioFault cold = AioFault.Script(AioFaultKind.OpenCold, 0, count: -1);
        for (int i = 0; i < 8; i++)
        {
            // The ring stays lost: threads read and open instead.
            Assert.Equal(200, (await RawReply.GetAsync(server.Port, "/one.txt")).Status);
        }
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task Short_reads_are_continued(bool intoPipe)
    {
        await using FileServer server = await StartAsync("sockets", alignedPool: intoPipe);
        using AioFault fault = AioFault.Script(AioFaultKind.UringReadShort, 16384, count: 50);
        await ServesAsync(server, clients: 4);
        Assert.True(fault.Fired > 0);
    }

    /// <summary>−ECANCELED: the thread that had submitted the read has ended.</summary>
    [Theory]
    [InlineData(Errno.EAGAIN), InlineData(Errno.EINTR), InlineData(Errno.ECANCELED)]
    public async Task A_read_that_did_not_run_is_submitted_again(int errno)
    {
        await using FileServer server = await StartAsync("epoll");
        using AioFault fault = AioFault.Script(AioFaultKind.UringReadResult, -errno, count: 30);
        await ServesAsync(server, clients: 4);
        Assert.Equal(30, fault.Fired);
    }

    [Theory]
    [InlineData(Errno.EAGAIN), InlineData(Errno.ENOMEM)]
    public async Task What_the_ring_cannot_read_threads_read(int errno)
    {
        await using FileServer server = await StartAsync("epoll");
        using AioFault fault = AioFault.Script(AioFaultKind.UringReadResult, -errno, count: -1);
        await ServesAsync(server, clients: 4);
        Assert.True(fault.Fired > 0);
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task Refused_direct_reads_go_on_through_the_page_cache_and_are_told_once(bool intoPipe)
    {
        await using FileServer server = await StartAsync("sockets", alignedPool: intoPipe);
        using AioFault fault = AioFault.Script(AioFaultKind.UringReadResult, -Errno.EINVAL, count: 1, skip: 3);
        await ServesAsync(server, clients: 4);
        await ServesAsync(server);
        Assert.Equal(1, fault.Fired);
        Assert.Single(server.Log.At(LogLevel.Information), line => line.Contains("does not support direct reads"));
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task An_error_of_the_disk_is_a_500_or_ends_the_connection(string transport)
    {
        await using FileServer server = await StartAsync(transport);
        using (AioFault.Script(AioFaultKind.UringReadResult, -Errno.EIO))
        {
            Assert.Equal(500, (await RawReply.GetAsync(server.Port, "/" + File)).Status);
        }

        using (AioFault.Script(AioFaultKind.UringReadResult, -Errno.EIO, skip: 4))
        {
            using HttpClient client = new HttpClient { BaseAddress = server.Address };
            await Assert.ThrowsAnyAsync<Exception>(() => client.GetByteArrayAsync("/" + File).WithinDeadline());
        }

        Assert.Contains(server.Log.At(LogLevel.Error), line => line.Contains(File) && line.Contains("(5)"));
        await ServesAsync(server);
    }

    [Fact]
    public async Task A_read_that_takes_too_long_is_told_of_once_and_waited_for()
    {
        await using FileServer server = await StartAsync("sockets", options => options.AioTimeout = TimeSpan.FromMilliseconds(200));
        await ServesAsync(server);
        using AioFault fault = AioFault.Script(AioFaultKind.UringEnterLate, 800, count: 1, skip: 2);
        await ServesAsync(server);
        Assert.Equal(1, fault.Fired);
        Assert.Contains("by io_uring has not completed after 00:00:00", Assert.Single(server.Log.At(LogLevel.Warning)));
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Cold_opens_are_the_rings_and_need_no_thread(string transport)
    {
        await using FileServer server = await StartAsync(transport, threads: (name, run) =>
            name == "aio open" ? null : EngineThread.TryStart(name, run));
        using AioFault cold = AioFault.Script(AioFaultKind.OpenCold, 0, count: -1);
        long before = AioFault.UringOpens;
        await ServesAsync(server, clients: 8);
        Assert.Equal(404, (await RawReply.GetAsync(server.Port, "/nx.txt")).Status);
        Assert.Equal(403, (await RawReply.GetAsync(server.Port, "/link.txt")).Status);
        Assert.True(AioFault.UringOpens - before >= 10, $"{AioFault.UringOpens - before} opens");
    }

    [Theory]
    [InlineData(AioFaultKind.UringOpenResult, Errno.EMFILE, 503)]
    [InlineData(AioFaultKind.UringOpenResult, Errno.EAGAIN, 503)]
    [InlineData(AioFaultKind.UringOpenResult, Errno.EIO, 500)]
    [InlineData(AioFaultKind.UringOpenResult, Errno.ESTALE, 500)]
    [InlineData(AioFaultKind.UringOpenResult, Errno.ENOENT, 404)]
    [InlineData(AioFaultKind.StatxFails, Errno.EIO, 500)]
    [InlineData(AioFaultKind.StatxFails, Errno.ENOMEM, 503)]
    public async Task A_cold_open_that_fails_has_its_status_and_leaves_no_descriptor(object kind, int errno, int status)
    {
        await using FileServer server = await StartAsync("epoll");
        using AioFault cold = AioFault.Script(AioFaultKind.OpenCold, 0, count: -1);
        using (AioFault.Script((AioFaultKind)kind, (AioFaultKind)kind == AioFaultKind.StatxFails ? errno : -errno, count: -1))
        {
            Assert.Equal(status, (await RawReply.GetAsync(server.Port, "/ranges.txt")).Status);
            Assert.False(IsOpen("ranges.txt"));
        }

        Assert.Equal(200, (await RawReply.GetAsync(server.Port, "/ranges.txt")).Status);
    }

    /// <summary>The filesystem may have to ask a server, as every one does that is not known to be local: statx is the ring's too.</summary>
    [Fact]
    public async Task Statx_of_other_filesystems_is_the_rings()
    {
        string root = Directory.CreateDirectory(Path.Combine("/dev/shm", Path.GetRandomFileName())).FullName;
        try
        {
            await System.IO.File.WriteAllTextAsync(Path.Combine(root, "some.txt"), "some");
            await using FileServer server = await StartAsync("epoll", options => options.Root = root);
            using AioFault cold = AioFault.Script(AioFaultKind.OpenCold, 0, count: -1);
            Assert.Equal("some", Encoding.ASCII.GetString((await RawReply.GetAsync(server.Port, "/some.txt")).Body));
            using (AioFault fault = AioFault.Script(AioFaultKind.UringStatResult, -Errno.EIO, count: -1))
            {
                Assert.Equal(500, (await RawReply.GetAsync(server.Port, "/some.txt")).Status);
                Assert.True(fault.Fired > 0);
            }

            using (AioFault fault = AioFault.Script(AioFaultKind.UringStatResult, -Errno.EINTR, count: 1))
            {
                Assert.Equal(200, (await RawReply.GetAsync(server.Port, "/some.txt")).Status);
                Assert.Equal(1, fault.Fired);
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Theory]
    [InlineData(Errno.EAGAIN), InlineData(Errno.ESTALE), InlineData(Errno.EINTR), InlineData(Errno.ECANCELED)]
    public async Task A_cold_open_that_passes_at_the_second_try_is_not_seen(int errno)
    {
        await using FileServer server = await StartAsync("epoll");
        using AioFault cold = AioFault.Script(AioFaultKind.OpenCold, 0, count: -1);
        using AioFault fault = AioFault.Script(AioFaultKind.UringOpenResult, -errno, count: 1);
        Assert.Equal(200, (await RawReply.GetAsync(server.Port, "/ranges.txt")).Status);
        Assert.Equal(1, fault.Fired);
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task An_open_that_hangs_is_503_at_its_deadline_and_delays_nobody(string transport)
    {
        await using FileServer server = await StartAsync(transport, options => options.QueueTimeout = TimeSpan.FromMilliseconds(300));
        tree.Write("held.txt", "held");
        using AioFault cold = AioFault.Script(AioFaultKind.OpenCold, 0, count: -1);
        using (AioFault held = AioFault.Script(AioFaultKind.UringOpenHeld, 0, count: -1))
        {
            Task<RawReply> hanging = RawReply.GetAsync(server.Port, "/held.txt");
            await Deadline.Until(() => held.Fired == 1, () => "the open never began");
            Assert.Equal(200, (await RawReply.GetAsync(server.Port, "/ranges.txt")).Status);
            Assert.Equal(503, (await hanging.WithinDeadline()).Status);
        }

        Assert.Equal(tree.Bytes("held.txt"), (await RawReply.GetAsync(server.Port, "/held.txt")).Body);
    }

    /// <summary>The open is in flight for ever unless it is cancelled: the server would not stop.</summary>
    [Theory, MemberData(nameof(Transports))]
    public async Task An_open_is_cancelled_with_its_request(string transport)
    {
        TaskCompletionSource<Exception?> ended = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FileServer server = await StartAsync(transport, first: app => app.Use(async (context, next) =>
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
        tree.Write("held.txt", "held");
        using AioFault cold = AioFault.Script(AioFaultKind.OpenCold, 0, count: -1);
        using AioFault held = AioFault.Script(AioFaultKind.UringOpenHeld, 0, count: -1);
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
    public async Task A_loop_that_the_kernel_gives_no_ring_reads_by_the_engine_of_its_own_threads()
    {
        await using FileServer server = await StartAsync("epoll");
        using AioFault refused = AioFault.Script(AioFaultKind.UringSetupFails, Errno.ENOMEM, count: -1);
        using AioFault cold = AioFault.Script(AioFaultKind.OpenCold, 0, count: -1);
        await ServesAsync(server, clients: 4);
        Assert.True(refused.Fired > 0);
    }

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
        Thread first = new Thread(Submit);
        first.Start();
        first.Join();
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

    private async Task<FileServer> StartAsync(
        string transport, Action<DirectIoFileOptions>? configure = null, bool alignedPool = false, Action<WebApplication>? first = null,
        ThreadStarter? threads = null)
    {
        FileServer server = await FileServer.StartAsync(
            tree.Root,
            options =>
            {
                (options.Aio, options.SendFile, options.DisableSymlinks) = (AioMode.Uring, SendFileMode.Off, SymlinkPolicy.On);
                configure?.Invoke(options);
            },
            alignedPool,
            before: builder => TransportCatalogue.Get(transport).Apply(builder.WebHost, new TransportSettings()),
            first: first,
            threads: threads);
        if (server.Status.Engine != "io_uring")
        {
            string reason = server.Status.FallbackReason ?? "";
            await server.DisposeAsync();
            Assert.Skip(reason);
        }

        return server;
    }

    private async Task ServesAsync(FileServer server, int clients = 1)
    {
        byte[] expected = tree.Bytes(File);
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            RawReply reply = await RawReply.GetAsync(server.Port, "/" + File);
            Assert.Equal(200, reply.Status);
            Assert.True(expected.AsSpan().SequenceEqual(reply.Body), $"{reply.Body.Length} bytes, and not the file's");
        }));
        await server.IdleAsync();
    }

    private bool IsOpen(string name) => Directory.GetFiles("/proc/self/fd").Any(link => TargetOf(link) == tree.At(name));

    private static string? TargetOf(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget;
        }
        catch (IOException)
        {
            return null; // closed meanwhile
        }
    }

    /// <summary>An openat2 alone.</summary>
    private sealed class Open(OpenArguments arguments) : IRingOperation
    {
        public int Slot { get; set; } = -1;

        public IoUring.io_uring_sqe Prepare() => FileSqe.Open(Libc.AT_FDCWD, arguments);

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
