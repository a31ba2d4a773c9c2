using FileAio.Files;
using FileAio.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Errno = Shared.Interop.Errno;

namespace FileAio.Tests.Hostile;

/// <summary>What one file refuses is remembered of that file: others of the device are asked for themselves.</summary>
[Collection(nameof(Alone))]
[Trait("Category", "Hostile")]
public sealed class PerFileTests(FileTree tree) : IClassFixture<FileTree>
{
    [Fact]
    public async Task A_file_that_refuses_O_DIRECT_is_not_probed_again_and_others_are()
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root);
        using AioFault fault = AioFault.Script(AioFaultKind.OpenDirectFails, Errno.EINVAL, count: -1);
        foreach ((string name, int tried) in new[] { ("b4097.bin", 1), ("b4097.bin", 1), ("b131073.bin", 2), ("b4097.bin", 2) })
        {
            Assert.Equal(tree.Bytes(name), (await RawReply.GetAsync(server.Port, "/" + name)).Body);
            Assert.Equal(tried, fault.Fired);
        }

        DirectIoRefusal refusal = Assert.Single(server.Status.DirectIoRefusals);
        Assert.False(refusal.WholeDevice);
        Assert.Equal(2, refusal.Files);
        Assert.Equal(tree.At("b4097.bin"), refusal.Path);
        Assert.Contains("(22)", refusal.Reason);
    }

    [Fact]
    public async Task A_file_whose_direct_read_is_refused_leaves_the_others_direct()
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root);
        Assert.SkipUnless(server.Status.Engine == "linux-aio", server.Status.FallbackReason ?? "");
        using (AioFault.Script(AioFaultKind.EventResult, -Errno.EINVAL))
        {
            Assert.Equal(tree.Bytes("b4097.bin"), (await RawReply.GetAsync(server.Port, "/b4097.bin")).Body);
        }

        using AioFault opens = AioFault.Script(AioFaultKind.OpenDirectFails, Errno.EINVAL, count: -1);
        Assert.Equal(tree.Bytes("b131073.bin"), (await RawReply.GetAsync(server.Port, "/b131073.bin")).Body);
        Assert.Equal(1, opens.Fired);
        Assert.Equal(tree.Bytes("b4097.bin"), (await RawReply.GetAsync(server.Port, "/b4097.bin")).Body);
        Assert.Equal(1, opens.Fired);
    }

    [Theory]
    [InlineData(Errno.EOPNOTSUPP), InlineData(Errno.EINVAL), InlineData(Errno.EPERM)]
    public async Task A_file_that_refuses_RWF_NOWAIT_leaves_the_others_to_the_page_cache(int errno)
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root, options => options.DirectIoThreshold = null);
        using AioFault reads = AioFault.Script(AioFaultKind.PreadLate, 0, count: -1); // counts the threads' reads
        using (AioFault.Script(AioFaultKind.PreadV2Fails, errno))
        {
            Assert.Equal(tree.Bytes("b4097.bin"), (await RawReply.GetAsync(server.Port, "/b4097.bin")).Body);
        }

        long read = reads.Fired;
        Assert.True(read > 0);
        _ = tree.Bytes("b131073.bin"); // in the page cache
        Assert.Equal(tree.Bytes("b131073.bin"), (await RawReply.GetAsync(server.Port, "/b131073.bin")).Body);
        Assert.Equal(read, reads.Fired);
    }

    [Theory]
    [InlineData(Errno.EPERM), InlineData(Errno.EINVAL)]
    public async Task An_error_of_openat2_applies_only_to_that_file(int errno)
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root);
        using (AioFault once = AioFault.Script(AioFaultKind.OpenAt2Fails, errno))
        {
            Assert.Equal(200, (await RawReply.GetAsync(server.Port, "/one.txt")).Status); // asked again on a thread
            Assert.Equal(1, once.Fired);
        }

        // Another one: the first is kept open.
        using AioFault cold = AioFault.Script(AioFaultKind.OpenCold, 0, count: -1);
        Assert.Equal(200, (await RawReply.GetAsync(server.Port, "/data.json")).Status);
        Assert.Equal(1, cold.Fired);
    }

    [Fact]
    public async Task No_system_call_is_made_under_the_lock_of_the_open_file_cache()
    {
        OpenFileCache cache = new OpenFileCache(new OpenFileCacheOptions { Max = 10, Errors = true }, TimeProvider.System);
        using RootPath path = RootPath.Open(
            tree.Root, mustExist: true, new DirectIoFileOptions(), new DeviceTable(NullLogger.Instance), TimeProvider.System,
                NullLogger.Instance);
        FileRoot root = path.Acquire();
        SysResult result = root.Open("one.txt", out OpenedFile? file, out _);
        root.Release();
        cache.Add("one.txt", new OpenResult(result, file, false)).File!.Release();
        cache.Add("nx.txt", new OpenResult(SysResult.Error(Errno.ENOENT), null, false));
        Task<bool> asking;
        using (AioFault held = AioFault.Script(AioFaultKind.StatxLate, AioFault.Held, count: -1))
        {
            asking = Task.Run(() => cache.TryGet("one.txt", out OpenResult found) && Released(found));
            await Deadline.Until(() => held.Fired == 1, () => "statx was never asked");
            Assert.True(await Task.Run(() => cache.TryGet("nx.txt", out _)).WithinDeadline());
        }
        Assert.True(await asking.WithinDeadline());
        cache.Clear();
        Assert.False(file!.TryAddReference(), "the cache has let it go, and it is still open");

        static bool Released(OpenResult found)
        {
            found.File!.Release();
            return true;
        }
    }
}
