using System.Net.Sockets;
using System.Text;
using FileAio.Tests.Support;
using FileAio.Threads;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Errno = Shared.Interop.Errno;

namespace FileAio.Tests.Engines;

/// <summary>What the kernel may answer to io_uring, scripted: another engine serves, or the response is whole, or ends.</summary>
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

    /// <summary>A filesystem that is not known to be local may have to ask a server: statx is the ring's too.</summary>
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
}
