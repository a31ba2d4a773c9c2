using FileAio.Tests.Support;
using Microsoft.Extensions.Logging;
using Errno = Shared.Interop.Errno;

namespace FileAio.Tests.Hostile;

/// <summary>
/// What the kernel answers where a file is looked for, scripted: only what says "there is none" may reach a client as 404, since a cache
/// keeps that.
/// </summary>
[Trait("Category", "Hostile")]
[Collection(nameof(Alone))]
public sealed class ErrnoTests(FileTree tree) : IClassFixture<FileTree>
{
    [Theory]
    [InlineData(Errno.ENOENT, 404)]
    [InlineData(Errno.ENOTDIR, 404)]
    [InlineData(Errno.ENAMETOOLONG, 404)]
    [InlineData(Errno.ENXIO, 404)]
    [InlineData(Errno.ELOOP, 404)]
    [InlineData(Errno.EXDEV, 404)]
    [InlineData(Errno.EACCES, 403)]
    [InlineData(Errno.EPERM, 403)]
    [InlineData(Errno.EMFILE, 503)]
    [InlineData(Errno.ENFILE, 503)]
    [InlineData(Errno.ENOMEM, 503)]
    [InlineData(Errno.ENOBUFS, 503)]
    [InlineData(Errno.EAGAIN, 503)]
    [InlineData(Errno.ETIMEDOUT, 503)]
    [InlineData(Errno.EIO, 500)]
    [InlineData(Errno.ESTALE, 500)]
    [InlineData(Errno.EBUSY, 500)]
    [InlineData(Errno.ENODEV, 500)]
    [InlineData(Errno.EISDIR, 500)]
    [InlineData(Errno.EINVAL, 500)]
    [InlineData(Errno.EOVERFLOW, 500)]
    public async Task An_open_that_fails_has_its_status(int errno, int status)
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root, options => options.Precompressed = ["gzip"]);
        foreach (string path in new[] { "/ranges.txt", "/dir/", "/onlygz.txt" })
        {
            using AioFault fault = AioFault.Script(AioFaultKind.OpenAt2Fails, errno, count: -1);
            AssertStatus(status, await RawReply.GetAsync(server.Port, path));
        }

        Assert.Equal(200, (await RawReply.GetAsync(server.Port, "/ranges.txt")).Status);
    }

    [Theory]
    [InlineData(Errno.EIO, 500)]
    [InlineData(Errno.ESTALE, 500)]
    [InlineData(Errno.ENOMEM, 503)]
    [InlineData(Errno.EACCES, 403)]
    public async Task A_statx_that_fails_has_its_status(int errno, int status)
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root);
        using (AioFault.Script(AioFaultKind.StatxFails, errno, count: -1))
        {
            AssertStatus(status, await RawReply.GetAsync(server.Port, "/ranges.txt"));
        }

        Assert.Equal(200, (await RawReply.GetAsync(server.Port, "/ranges.txt")).Status);
    }

    [Theory]
    [InlineData(Errno.EIO, 500)]
    [InlineData(Errno.ESTALE, 500)]
    [InlineData(Errno.ENOMEM, 503)]
    public async Task A_read_that_fails_before_the_first_byte_has_its_status(int errno, int status)
    {
        await using FileServer server =
            await FileServer.StartAsync(tree.Root, options => (options.Aio, options.DirectIoThreshold) = (AioMode.Threads, 1));
        using (AioFault.Script(AioFaultKind.PreadFails, errno, count: -1))
        {
            AssertStatus(status, await RawReply.GetAsync(server.Port, "/b131072.bin"));
        }

        Assert.Equal(200, (await RawReply.GetAsync(server.Port, "/b131072.bin")).Status);
    }

    [Theory]
    [InlineData(AioFaultKind.OpenAt2Fails, Errno.EINTR)]
    [InlineData(AioFaultKind.OpenAt2Fails, Errno.ESTALE)]
    [InlineData(AioFaultKind.OpenAt2Fails, Errno.EAGAIN)]
    [InlineData(AioFaultKind.StatxFails, Errno.EINTR)]
    public async Task A_failure_that_passes_at_the_second_attempt_is_not_visible(object kind, int errno)
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root);
        using AioFault fault = AioFault.Script((AioFaultKind)kind, errno, count: 1);
        Assert.Equal(200, (await RawReply.GetAsync(server.Port, "/ranges.txt")).Status);
        Assert.Equal(1, fault.Fired);
    }

    [Theory]
    [InlineData(Errno.EPERM, 403)]
    [InlineData(Errno.EINVAL, 500)]
    public async Task An_error_of_one_file_does_not_disable_openat2(int errno, int status)
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root, options => options.DisableSymlinks = SymlinkPolicy.Beneath);
        using (AioFault.Script(AioFaultKind.OpenAt2Fails, errno, count: -1))
        {
            AssertStatus(status, await RawReply.GetAsync(server.Port, "/ranges.txt"));
        }

        // A walk by components would refuse every link.
        Assert.Equal(200, (await RawReply.GetAsync(server.Port, "/link.txt")).Status);
    }

    [Fact]
    public async Task Many_failures_are_logged_as_one_line()
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root);
        using (AioFault.Script(AioFaultKind.OpenAt2Fails, Errno.EIO, count: -1))
        {
            for (int i = 0; i < 50; i++)
            {
                Assert.Equal(500, (await RawReply.GetAsync(server.Port, $"/file{i}.txt")).Status);
            }
        }

        using (AioFault.Script(AioFaultKind.OpenAt2Fails, Errno.EMFILE, count: -1))
        {
            for (int i = 0; i < 50; i++)
            {
                Assert.Equal(503, (await RawReply.GetAsync(server.Port, $"/file{i}.txt")).Status);
            }
        }

        Assert.Contains("file0.txt", Assert.Single(server.Log.At(LogLevel.Error)));
        Assert.Contains("(24)", Assert.Single(server.Log.At(LogLevel.Warning)));
    }

    [Fact]
    public async Task A_root_that_temporarily_cannot_be_checked_is_still_served()
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root, options => options.RootCheckInterval = TimeSpan.Zero);
        using AioFault fault = AioFault.Script(AioFaultKind.RootOpenFails, Errno.EMFILE, count: -1);
        Assert.Equal(200, (await RawReply.GetAsync(server.Port, "/ranges.txt")).Status);
        Assert.Equal(200, (await RawReply.GetAsync(server.Port, "/ranges.txt")).Status);
        Assert.True(fault.Fired > 0);
        Assert.Single(server.Log.At(LogLevel.Warning));
    }

    [Fact]
    public async Task A_root_without_permission_is_403_until_the_permission_is_restored()
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root, options => options.RootCheckInterval = TimeSpan.Zero);
        using (AioFault.Script(AioFaultKind.RootOpenFails, Errno.EACCES, count: -1))
        {
            AssertStatus(403, await RawReply.GetAsync(server.Port, "/ranges.txt"));
        }

        Assert.Equal(200, (await RawReply.GetAsync(server.Port, "/ranges.txt")).Status);
    }

    private static void AssertStatus(int status, RawReply reply)
    {
        Assert.Equal(status, reply.Status);
        Assert.Equal(status == 503, reply.Header("retry-after") is not null);
        Assert.Equal(status is 500 or 503 ? "no-store" : null, reply.Header("cache-control"));
    }
}
