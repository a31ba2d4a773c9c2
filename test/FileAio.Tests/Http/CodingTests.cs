using FileAio.Tests.Support;

namespace FileAio.Tests.Http;

/// <summary>Precompressed variants (RFC 9110, 12.5.3): whose wish decides, and what caches are told.</summary>
public sealed class CodingTests(CodingTests.Compressed served) : IClassFixture<CodingTests.Compressed>
{
    [Theory]
    [InlineData("gzip;q=0.001", "gzip")]
    [InlineData("GZIP ; Q=1.000", "gzip")]
    [InlineData("x-gzip", "gzip")]
    [InlineData("gzip;q=0, *", "br")]
    [InlineData("gzip;q=0.5, *;q=0.1", "gzip")]
    [InlineData("*;q=0", null)]
    [InlineData("gzip;q=0.000", null)]
    [InlineData("gzip;q=zero", null)] // a weight that cannot be read is no wish
    [InlineData("gzip; q = 0", null)]
    [InlineData("gzip;q=0.5, identity", null)] // the plain file is wanted more
    [InlineData("gzip;q=0.5, identity;q=0.5", "gzip")]
    [InlineData("br;q=0.2, gzip, identity;q=0.5", "gzip")]
    [InlineData("identity;q=0", null)] // nothing else is accepted either: the field counts for nothing
    [InlineData("identity;q=0, gzip", "gzip")]
    [InlineData("deflate", null)]
    [InlineData("", null)]
    public async Task The_client_decides_by_quality_values(string accept, string? coding) =>
        Assert.Equal(coding, (await RawReply.GetAsync(served.Server.Port, "/pre.txt", "Accept-Encoding: " + accept))
            .Header("content-encoding"));

    [Theory]
    [InlineData("GET", "/pre.txt", "If-None-Match: *", 304)]
    [InlineData("HEAD", "/pre.txt", "Accept: */*", 200)]
    [InlineData("GET", "/pre.txt", "Range: bytes=0-1", 206)]
    [InlineData("GET", "/pre.txt", "Range: bytes=999999-", 416)]
    [InlineData("GET", "/pre.txt", "If-Match: \"a\"", 412)]
    [InlineData("GET", "/onlygz.txt", "Accept-Encoding: br", 404)] // with gzip it would be 200
    public async Task Every_response_that_depends_on_the_coding_has_Vary(string method, string target, string header, int status)
    {
        RawReply reply = await RawReply.SendAsync(served.Server.Port, $"{method} {target} HTTP/1.1", header);
        Assert.Equal(status, reply.Status);
        Assert.Equal("Accept-Encoding", reply.Header("vary"));
    }

    [Fact]
    public async Task A_file_without_a_variant_has_no_Vary()
        => Assert.Null((await RawReply.GetAsync(served.Server.Port, "/nx.txt")).Header("vary"));

    [Fact]
    public async Task A_variant_has_conditions_and_ranges_of_its_own()
    {
        int port = served.Server.Port;
        string plain = (await RawReply.GetAsync(port, "/pre.txt")).Header("etag")!;
        RawReply head = await RawReply.SendAsync(port, "HEAD /pre.txt HTTP/1.1", "Accept-Encoding: gzip");
        string packed = head.Header("etag")!;
        Assert.NotEqual(plain, packed);
        Assert.Equal(served.Tree.Bytes("pre.txt.gz").Length.ToString(), head.Header("content-length"));
        Assert.Equal(304, (await RawReply.GetAsync(port, "/pre.txt", "Accept-Encoding: gzip", "If-None-Match: " + packed)).Status);
        Assert.Equal(412, (await RawReply.GetAsync(port, "/pre.txt", "Accept-Encoding: gzip", "If-Match: " + plain)).Status);
        // A part of one variant must never be added to a part of another.
        Assert.Equal(200, (await RawReply.GetAsync(port, "/pre.txt", "Accept-Encoding: gzip", "Range: bytes=0-1", "If-Range: " + plain))
            .Status);
        Assert.Equal(206, (await RawReply.GetAsync(port, "/pre.txt", "Accept-Encoding: gzip", "Range: bytes=0-1", "If-Range: " + packed))
            .Status);
    }

    [Theory]
    [InlineData("/onlygz.txt", 405)]
    [InlineData("/nx.txt", 404)]
    public async Task A_method_is_refused_only_for_existing_files(string target, int status)
    {
        await using FileServer server =
            await FileServer.StartAsync(served.Tree.Root, options => (options.Precompressed, options.Terminal) = (["gzip"], true));
        Assert.Equal(status, (await RawReply.SendAsync(server.Port, $"PUT {target} HTTP/1.1", "Content-Length: 0")).Status);
    }

    /// <summary>The folder of the HTTP cases, served with every coding.</summary>
    public sealed class Compressed : IAsyncLifetime
    {
        public FileTree Tree { get; } = new();

        internal FileServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync()
            => Server = await FileServer.StartAsync(Tree.Root, options => options.Precompressed = ["br", "zstd", "gzip"]);

        public async ValueTask DisposeAsync()
        {
            await Server.DisposeAsync();
            Tree.Dispose();
        }
    }
}
