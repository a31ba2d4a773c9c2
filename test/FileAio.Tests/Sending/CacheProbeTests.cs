using FileAio.Tests.Support;
using static FileAio.Tests.Support.Interop.PageCacheAdvice;
using Errno = Shared.Interop.Errno;

namespace FileAio.Tests.Sending;

/// <summary>Where the bytes of a large file come from, as the page cache holds all of it, nothing, or its beginning.</summary>
[Collection(nameof(Alone))]
public sealed class CacheProbeTests(FileTree tree) : IClassFixture<FileTree>
{
    private const int Size = 1 << 20;

    [Theory]
    [InlineData(CacheProbe.NoWait, Size, "page-cache")]
    [InlineData(CacheProbe.NoWait, 0, "linux-aio")]
    [InlineData(CacheProbe.Off, Size, "linux-aio")]
    public async Task Cached_bytes_come_from_the_page_cache_if_configured(CacheProbe probe, int cached, string from)
    {
        await using FileServer server = await StartAsync(probe);
        Cache(cached);
        (byte[]? body, Dictionary<string, long>? bytes) = await GetAsync(server, 0);
        Assert.Equal(FileTree.Pattern(Size, 0), body);
        Assert.Equal([(from, (long)Size)], bytes.Select(pair => (pair.Key, pair.Value)));
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(false, 1000)]
    [InlineData(true, 1000)]
    public async Task A_range_is_continued_from_the_device_where_the_cache_ends(bool intoPipe, int start)
    {
        await using FileServer server = await StartAsync(CacheProbe.NoWait, intoPipe);
        // The probe is at random: one in four asks for what is not there.
        for (int i = 0; i < 40; i++)
        {
            Cache(Size * 3 / 4);
            (byte[]? body, Dictionary<string, long>? bytes) = await GetAsync(server, start);
            Assert.True(FileTree.Pattern(Size, 0).AsSpan(start).SequenceEqual(body), $"{body.Length} bytes, and not the file's");
            if (bytes.Keys.Order().SequenceEqual(["linux-aio", "page-cache"]))
            {
                Assert.InRange(bytes["page-cache"], (Size * 3 / 4) - start - 131072, Size);
                return;
            }
        }
        Assert.Fail("the beginning never came from the cache");
    }

    [Fact]
    public async Task A_filesystem_without_RWF_NOWAIT_is_read_directly()
    {
        await using FileServer server = await StartAsync(CacheProbe.NoWait);
        Cache(Size);
        using AioFault fault = AioFault.Script(AioFaultKind.PreadV2Fails, Errno.EOPNOTSUPP, count: -1);
        (byte[] _, Dictionary<string, long>? bytes) = await GetAsync(server, 0);
        Assert.Equal([("linux-aio", (long)Size)], bytes.Select(pair => (pair.Key, pair.Value)));
        Assert.Equal(1, fault.Fired);

        // Known of each open file: without an open-file cache the next request opens it anew.
        await GetAsync(server, 0);
        Assert.Equal(2, fault.Fired);
    }

    private async Task<FileServer> StartAsync(CacheProbe probe, bool intoPipe = false)
    {
        tree.Write("probed.bin", FileTree.Pattern(Size, 0));
        FileServer server = await FileServer.StartAsync(tree.Root, options => options.CacheProbe = probe, alignedPool: intoPipe);
        Assert.SkipUnless(server.Status.Engine == "linux-aio", server.Status.FallbackReason ?? "");
        return server;
    }

    /// <summary>Has the page cache hold the first bytes of the file, and no others.</summary>
    private void Cache(int bytes)
    {
        using FileStream file = File.Open(tree.At("probed.bin"), FileMode.Open);
        file.Flush(flushToDisk: true);
        int descriptor = (int)file.SafeFileHandle.DangerousGetHandle();
        Assert.Equal(0, posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED));
        Assert.Equal(0, posix_fadvise(descriptor, 0, 0, POSIX_FADV_RANDOM));
        file.ReadExactly(new byte[bytes]);
    }

    private static async Task<(byte[] Body, Dictionary<string, long> Bytes)> GetAsync(FileServer server, int start)
    {
        byte[] body = [];
        Dictionary<string, long> bytes = await BytesRead.DuringAsync(server, async () =>
        {
            RawReply reply = await RawReply.GetAsync(server.Port, "/probed.bin", $"Range: bytes={start}-");
            Assert.Equal(206, reply.Status);
            body = reply.Body;
        });
        return (body, bytes);
    }
}
