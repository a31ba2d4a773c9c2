using System.Diagnostics.Metrics;
using FileAio.Tests.Support;
using Microsoft.Extensions.Logging;
using Errno = Shared.Interop.Errno;

namespace FileAio.Tests.Engines;

/// <summary>
/// What the kernel may answer under pressure, scripted: the response is whole all the same, or ends, and nothing is left behind.
/// </summary>
[Collection(nameof(Alone))]
public sealed class EngineFaultTests(FileTree tree) : IClassFixture<FileTree>
{
    private const string File = "b1048579.bin";

    [Fact]
    public async Task A_smaller_context_is_created_when_the_limit_is_nearly_reached()
    {
        using AioFault fault = AioFault.Script(AioFaultKind.IoSetupFails, Errno.EAGAIN, count: 2);
        await using FileServer server = await FileServer.StartAsync(tree.Root);
        Assert.Equal("linux-aio", server.Status.Engine);
        Assert.Equal(32, ((FileAio.Engines.KernelAio.LinuxAioEngine)server.Runtime.Engine).Requests);
        await ServesAsync(server);
    }

    [Theory]
    [InlineData(Errno.EAGAIN, "fs.aio-max-nr")]
    [InlineData(Errno.EPERM, "Operation not permitted")]
    [InlineData(Errno.ENOSYS, "Function not implemented")]
    public async Task Threads_read_if_the_engine_is_refused_and_the_reason_is_logged(int errno, string said)
    {
        using AioFault fault = AioFault.Script(AioFaultKind.IoSetupFails, errno, count: -1);
        await using FileServer server = await FileServer.StartAsync(tree.Root);
        Assert.Equal("threads", server.Status.Engine);
        Assert.Contains("io_setup", server.Status.FallbackReason);
        Assert.Contains(said, Assert.Single(server.Log.At(LogLevel.Warning)));
        await ServesAsync(server);
    }

    [Fact]
    public async Task Threads_read_if_io_submit_is_refused_by_the_probe()
    {
        using AioFault fault = AioFault.Script(AioFaultKind.IoSubmitFails, Errno.EPERM, count: -1);
        await using FileServer server = await FileServer.StartAsync(tree.Root);
        Assert.Equal("threads", server.Status.Engine);
        Assert.Contains("io_submit", server.Status.FallbackReason);
        await ServesAsync(server);
    }

    [Theory]
    [InlineData(AioFaultKind.IoSubmitFails, Errno.EAGAIN)]
    [InlineData(AioFaultKind.IoSubmitShort, 0)]
    public async Task A_kernel_queue_that_is_temporarily_full_is_awaited(object kind, int value)
    {
        await using FileServer server =
            await FileServer.StartAsync(tree.Root, options => options.OutputBuffers = new OutputBuffers(8, 16384));
        using AioFault fault = AioFault.Script((AioFaultKind)kind, value, count: 40);
        await ServesAsync(server, clients: 16);
        Assert.True(fault.Fired > 0, "the fault was never met");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Short_reads_are_continued(bool intoPipe)
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root, alignedPool: intoPipe);
        using AioFault fault =
            AioFault.Script(AioFaultKind.EventShort, 16360, count: 50); // what a network filesystem once answered 32768 with
        await ServesAsync(server, clients: 4);
        Assert.Equal(50, fault.Fired);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Refused_direct_reads_continue_through_the_page_cache_and_are_logged_once(bool intoPipe)
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root, alignedPool: intoPipe);
        using AioFault fault = AioFault.Script(AioFaultKind.EventResult, -Errno.EINVAL, count: 1, skip: 3);
        await ServesAsync(server, clients: 4);
        await ServesAsync(server);
        Assert.Equal(1, fault.Fired);
        Assert.Single(server.Log.At(LogLevel.Information), line => line.Contains("does not support direct reads"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_error_of_the_disk_before_the_first_byte_is_a_500_or_ends_the_connection(bool intoPipe)
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root, alignedPool: intoPipe);
        using (AioFault.Script(AioFaultKind.EventResult, -Errno.EIO))
        {
            if (intoPipe)
            {
                await Assert.ThrowsAnyAsync<Exception>(() => RawReply.GetAsync(server.Port, "/" + File));
            }
            else
            {
                Assert.Equal(500, (await RawReply.GetAsync(server.Port, "/" + File)).Status);
            }
        }
        Assert.Contains(server.Log.At(LogLevel.Error), line => line.Contains(File) && line.Contains("(5)"));
        await ServesAsync(server);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_read_that_the_engine_does_not_accept_leaves_no_buffer_behind(bool intoPipe)
    {
        await using FileServer server = await FileServer.StartAsync(
            tree.Root, options => options.CacheProbe = CacheProbe.Off, alignedPool: intoPipe);
        server.Runtime.Engine.Dispose(); // the engine of the first connection: it accepts no read any more
        using HttpClient client = new HttpClient { BaseAddress = server.Address };
        await Assert.ThrowsAnyAsync<Exception>(() => client.GetByteArrayAsync("/" + File).WithinDeadline());
        await server.IdleAsync();
    }

    [Fact]
    public async Task An_error_of_the_disk_in_the_middle_ends_the_connection()
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root);
        using (AioFault.Script(AioFaultKind.EventResult, -Errno.EIO, skip: 4))
        {
            using HttpClient client = new HttpClient { BaseAddress = server.Address };
            await Assert.ThrowsAnyAsync<Exception>(() => client.GetByteArrayAsync("/" + File).WithinDeadline());
        }
        await ServesAsync(server);
    }

    [Fact]
    public async Task The_page_cache_serves_if_open_refuses_O_DIRECT()
    {
        using AioFault fault = AioFault.Script(AioFaultKind.OpenDirectFails, Errno.EINVAL, count: -1);
        await using FileServer server = await FileServer.StartAsync(tree.Root);
        await ServesAsync(server, clients: 3);
        long tried = fault.Fired;
        Assert.InRange(tried, 1, 3); // those that came at the same time may each have tried

        await ServesAsync(server, clients: 3);
        Assert.Equal(tried, fault.Fired);
        Assert.Single(server.Log.At(LogLevel.Information), line => line.Contains("does not support direct reads"));
    }

    [Theory]
    [InlineData(Errno.EAGAIN)]
    [InlineData(Errno.EOPNOTSUPP)]
    [InlineData(Errno.EINTR)]
    public async Task Page_cache_misses_are_read_by_threads(int errno)
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root, options => options.DirectIoThreshold = null);
        using AioFault fault = AioFault.Script(AioFaultKind.PreadV2Fails, errno, count: -1);
        await ServesAsync(server, clients: 4);
        Assert.True(fault.Fired > 0);
    }

    [Theory]
    [InlineData(Errno.ENOSYS)]
    [InlineData(Errno.EPERM)]
    public async Task Without_openat2_files_are_opened_and_links_still_refused(int errno)
    {
        using AioFault fault = AioFault.Script(AioFaultKind.OpenAt2Fails, errno, count: -1);
        await using FileServer server = await FileServer.StartAsync(tree.Root,
            options => (options.DisableSymlinks, options.DisableSymlinksFrom) = (SymlinkPolicy.On, "linkdir"));
        await ServesAsync(server);
        Assert.Equal(403, (await RawReply.GetAsync(server.Port, "/link.txt")).Status);
        Assert.Equal(200, (await RawReply.GetAsync(server.Port, "/linkdir/inner.txt")).Status);
        Assert.Equal(404, (await RawReply.GetAsync(server.Port, "/nx.txt")).Status);
    }

    [Theory]
    [InlineData(AioMode.On, AioFaultKind.EventsLate, "linux-aio", false)]
    [InlineData(AioMode.On, AioFaultKind.EventsLate, "linux-aio", true)]
    [InlineData(AioMode.Threads, AioFaultKind.PreadLate, "threads", false)]
    public async Task An_overdue_read_is_logged_once_and_awaited(AioMode aio, object kind, string engine, bool intoPipe)
    {
        long counted = 0;
        using MeterListener meter = new MeterListener
        {
            InstrumentPublished = static (instrument, listener)
            =>
            { if (instrument.Name == "fileaio.reads_overdue") { listener.EnableMeasurementEvents(instrument); } }
        };
        meter.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref counted, count));
        meter.Start();
        await using FileServer server = await FileServer.StartAsync(tree.Root,
            options => (options.Aio, options.AioTimeout) = (aio, TimeSpan.FromMilliseconds(200)), alignedPool: intoPipe);
        using AioFault fault = AioFault.Script((AioFaultKind)kind, 800, count: 1, skip: 2);
        await ServesAsync(server);
        Assert.Equal(1, fault.Fired);
        string told = Assert.Single(server.Log.At(LogLevel.Warning));
        Assert.Contains($"{File} at 262144 by {engine} has not completed after 00:00:00", told);
        Assert.Equal(1, Interlocked.Read(ref counted));
    }

    [Fact]
    public async Task A_full_queue_of_threads_is_a_503()
    {
        await using FileServer server =
            await FileServer.StartAsync(tree.Root, options => (options.Aio, options.Threads, options.MaxQueue) = (AioMode.Threads, 1, 1));
        Task<RawReply> reading, waiting;
        using (AioFault held = AioFault.Script(AioFaultKind.PreadLate, AioFault.Held, count: -1))
        {
            reading = RawReply.GetAsync(server.Port, "/b4096.bin");
            await Deadline.Until(() => held.Fired == 1, () => "the thread never took the first read");
            waiting = RawReply.GetAsync(server.Port, "/b4097.bin");
            await Deadline.Until(() => server.Runtime.Threads.WaitingReads == 1, () => "the second read was never queued");
            Assert.Equal(503, (await RawReply.GetAsync(server.Port, "/" + File)).Status);
        }
        Assert.Equal(200, (await reading.WithinDeadline()).Status);
        Assert.Equal(200, (await waiting.WithinDeadline()).Status);
        await ServesAsync(server);
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
}
