using System.IO.Compression;
using System.Net;
using System.Text;
using FileAio.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace FileAio.Tests.Http;

/// <summary>What of RFC 9110 and of UseStaticFiles' ways the cases do not have.</summary>
public sealed class HttpTableTests(FileTree tree) : IClassFixture<FileTree>
{
    private const string Letters = "/ranges.txt";

    [Fact]
    public async Task Terminal_answers_405_with_Allow_and_404_itself()
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root, options => options.Terminal = true);
        RawReply refused = await RawReply.SendAsync(server.Port, $"PUT {Letters} HTTP/1.1", "Content-Length: 0");
        Assert.Equal(405, refused.Status);
        Assert.Equal("GET, HEAD", refused.Header("allow"));
        Assert.Equal(404, (await RawReply.SendAsync(server.Port, "PUT /nx.txt HTTP/1.1", "Content-Length: 0")).Status);
        Assert.Equal(404, (await RawReply.GetAsync(server.Port, "/nx.txt")).Status);
    }

    [Fact]
    public async Task A_path_that_is_not_a_file_goes_to_the_next_middleware()
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root, first: app => app.Use(async (context, next) =>
        {
            await next();
            if (context.Response.StatusCode == 404)
            {
                context.Response.Headers["X-Passed"] = "yes";
            }
        }));
        Assert.Equal("yes", (await RawReply.GetAsync(server.Port, "/nx.txt")).Header("x-passed"));
        Assert.Null((await RawReply.GetAsync(server.Port, Letters)).Header("x-passed"));
    }

    [Fact]
    public async Task If_Match_switches_off_If_Unmodified_Since()
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root);
        string old = "If-Unmodified-Since: Mon, 01 Jan 2001 00:00:00 GMT";
        Assert.Equal(412, (await RawReply.GetAsync(server.Port, Letters, old)).Status);
        Assert.Equal(200, (await RawReply.GetAsync(server.Port, Letters, old, "If-Match: *")).Status);
    }

    [Fact]
    public async Task If_Range_takes_the_exact_date_and_no_later_one()
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root);
        Assert.Equal(206, (await RawReply.GetAsync(server.Port, Letters, "Range: bytes=0-9", "If-Range: Tue, 14 Nov 2023 22:13:20 GMT"))
            .Status);
        Assert.Equal(200, (await RawReply.GetAsync(server.Port, Letters, "Range: bytes=0-9", "If-Range: Tue, 14 Nov 2023 22:13:21 GMT"))
            .Status);
    }

    [Theory]
    [InlineData("bytes=0-9", "bytes=20-29")]
    public async Task Several_Range_lines_are_ignored(string one, string other)
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root);
        Assert.Equal(200, (await RawReply.GetAsync(server.Port, Letters, "Range: " + one, "Range: " + other)).Status);
    }

    [Theory]
    [InlineData("bytes=9999999999999999999999-", 416)]
    [InlineData("bytes=0-9999999999999999999999", 206)]
    [InlineData("bytes=,0-9,,", 206)]
    [InlineData("bytes=0-9,bogus", 200)]
    [InlineData("bytes=0-61,0-61", 200)]
    [InlineData("bytes=0-9,100-200", 206)]
    [InlineData("bytes=+0-9", 200)]
    [InlineData("bytes 0-9", 200)]
    public async Task Range_is_read_as_the_grammar_says(string range, int status)
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root);
        RawReply reply = await RawReply.GetAsync(server.Port, Letters, "Range: " + range);
        Assert.Equal(status, reply.Status);
        // One satisfiable member is never a multipart (15.3.7.2).
        Assert.DoesNotContain("multipart", reply.Header("content-type") ?? "");
    }

    [Fact]
    public async Task MaxRanges_0_drops_ranges_and_their_offer()
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root, options => options.MaxRanges = 0);
        RawReply reply = await RawReply.GetAsync(server.Port, Letters, "Range: bytes=0-9");
        Assert.Equal(200, reply.Status);
        Assert.Null(reply.Header("accept-ranges"));
    }

    [Fact]
    public async Task Not_modified_has_validators_and_nothing_of_the_body()
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root, options => options.Precompressed = ["gzip"]);
        RawReply reply = await RawReply.GetAsync(server.Port, Letters, "If-None-Match: *");
        Assert.Equal(304, reply.Status);
        Assert.NotNull(reply.Header("etag"));
        Assert.Equal("Accept-Encoding", reply.Header("vary"));
        Assert.Null(reply.Header("content-type"));
        Assert.Null(reply.Header("content-length"));
    }

    [Fact]
    public async Task A_file_just_written_has_a_weak_tag_and_one_from_the_future_the_date_of_now()
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root);
        File.WriteAllText(tree.At("fresh.txt"), "fresh");
        Assert.StartsWith("W/\"", (await RawReply.GetAsync(server.Port, "/fresh.txt")).Header("etag"));
        File.SetLastWriteTimeUtc(tree.At("fresh.txt"), DateTime.UtcNow.AddYears(1));
        RawReply reply = await RawReply.GetAsync(server.Port, "/fresh.txt");
        Assert.True(DateTimeOffset.Parse(reply.Header("last-modified")!) <= DateTimeOffset.Parse(reply.Header("date")!));
    }

    [Fact]
    public async Task Tags_tell_writes_within_one_second_apart()
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root);
        tree.Write("twice.txt", "one");
        string? first = (await RawReply.GetAsync(server.Port, "/twice.txt")).Header("etag");
        tree.Write("twice.txt", "two");
        File.SetLastWriteTimeUtc(tree.At("twice.txt"), FileTree.Modified.AddTicks(1));
        Assert.NotEqual(first, (await RawReply.GetAsync(server.Port, "/twice.txt")).Header("etag"));
    }

    [Theory]
    [InlineData("br, gzip, zstd", "br")]
    [InlineData("gzip;q=1, br;q=0.5", "gzip")]
    [InlineData("zstd", "zstd")]
    [InlineData("*", "br")]
    [InlineData("*, br;q=0", "zstd")]
    [InlineData("identity", null)]
    [InlineData("br;q=0", null)]
    public async Task The_client_selects_the_content_coding(string accept, string? coding)
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root, options => options.Precompressed = ["br", "zstd", "gzip"]);
        RawReply reply = await RawReply.GetAsync(server.Port, "/pre.txt", "Accept-Encoding: " + accept);
        Assert.Equal(coding, reply.Header("content-encoding"));
        Assert.Equal("Accept-Encoding", reply.Header("vary"));
        string file = coding switch { "br" => "pre.txt.br", "zstd" => "pre.txt.zst", "gzip" => "pre.txt.gz", _ => "pre.txt" };
        Assert.Equal(tree.Bytes(file), reply.Body);
    }

    [Fact]
    public async Task Ranges_count_the_encoded_bytes_and_a_lone_variant_is_served()
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root, options => options.Precompressed = ["gzip"]);
        RawReply part = await RawReply.GetAsync(server.Port, "/pre.txt", "Accept-Encoding: gzip", "Range: bytes=2-9");
        Assert.Equal(206, part.Status);
        Assert.Equal(tree.Slice("pre.txt.gz", 2, 8), part.Body);
        Assert.Equal("gzip", part.Header("content-encoding"));
        Assert.Equal(tree.Bytes("onlygz.txt.gz"), (await RawReply.GetAsync(server.Port, "/onlygz.txt", "Accept-Encoding: gzip")).Body);
        Assert.Equal(404, (await RawReply.GetAsync(server.Port, "/onlygz.txt")).Status);
    }

    [Fact]
    public async Task PrecompressedAlways_ignores_Accept_Encoding()
    {
        await using FileServer server =
            await FileServer.StartAsync(tree.Root, options => (options.Precompressed, options.PrecompressedAlways) = (["gzip"], true));
        Assert.Equal("gzip", (await RawReply.GetAsync(server.Port, "/pre.txt")).Header("content-encoding"));
    }

    [Theory]
    [InlineData("/../secret.txt")]
    [InlineData("/%2e%2e/secret.txt")]
    [InlineData("/..%2fsecret.txt")]
    [InlineData("/%2e%2e%2fsecret.txt")]
    [InlineData("/..%5csecret.txt")]
    [InlineData("/%252e%252e%252fsecret.txt")]
    [InlineData("/dir/../../secret.txt")]
    [InlineData("/dir/%2e%2e/%2e%2e/secret.txt")]
    [InlineData("//../secret.txt")]
    [InlineData("/.%2e/secret.txt")]
    [InlineData("/%c0%ae%c0%ae/secret.txt")]
    [InlineData("/%00/../../secret.txt")]
    public async Task No_spelling_of_a_path_leaves_the_root(string target)
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root);
        RawReply reply = await RawReply.GetAsync(server.Port, target);
        Assert.Contains(reply.Status, new[] { 400, 404 });
        Assert.DoesNotContain("TOPSECRET", Encoding.Latin1.GetString(reply.Body));
    }

    [Theory]
    [InlineData(SymlinkPolicy.Off, "/link.txt", 200)]
    [InlineData(SymlinkPolicy.Off, "/linkdir/inner.txt", 200)]
    [InlineData(SymlinkPolicy.Off, "/outlink.txt", 200)]
    [InlineData(SymlinkPolicy.On, "/ranges.txt", 200)]
    [InlineData(SymlinkPolicy.On, "/link.txt", 403)]
    [InlineData(SymlinkPolicy.On, "/linkdir/inner.txt", 403)]
    [InlineData(SymlinkPolicy.Beneath, "/link.txt", 200)]
    [InlineData(SymlinkPolicy.Beneath, "/outlink.txt", 403)]
    [InlineData(SymlinkPolicy.IfNotOwner, "/link.txt", 200)]
    [InlineData(SymlinkPolicy.IfNotOwner, "/dir/inner.txt", 200)]
    public async Task Links_are_followed_as_the_policy_says(SymlinkPolicy policy, string target, int status)
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root, options => options.DisableSymlinks = policy);
        Assert.Equal(status, (await RawReply.GetAsync(server.Port, target)).Status);
    }

    [Theory]
    [InlineData(SymlinkPolicy.On, "now", "/now/inner.txt", 200)]
    [InlineData(SymlinkPolicy.On, "now/", "/now/inner.txt", 200)]
    [InlineData(SymlinkPolicy.On, "now", "/now/back.txt", 403)] // a link after the part
    [InlineData(SymlinkPolicy.On, "now/back.txt", "/now/back.txt", 200)] // the part is all of it
    [InlineData(SymlinkPolicy.On, "no", "/now/inner.txt", 403)] // not a whole component
    [InlineData(SymlinkPolicy.On, "dir", "/now/inner.txt", 403)] // not where the path begins
    [InlineData(SymlinkPolicy.On, "gone", "/gone/inner.txt", 404)]
    [InlineData(SymlinkPolicy.Beneath, null, "/now/inner.txt", 403)]
    [InlineData(SymlinkPolicy.Beneath, "now", "/now/inner.txt", 200)]
    [InlineData(SymlinkPolicy.Beneath, "now", "/now/back.txt", 403)] // out of what the part leads to
    [InlineData(SymlinkPolicy.IfNotOwner, "now", "/now/inner.txt", 200)]
    [InlineData(SymlinkPolicy.Off, "now", "/now/back.txt", 200)]
    public async Task Links_up_to_from_are_not_checked(SymlinkPolicy policy, string? from, string target, int status)
    {
        // A deployment's: root/now -> (outside)/v2, and v2/back.txt -> root/ranges.txt.
        string release = Directory.CreateDirectory(Path.Combine(tree.Root, "../v2")).FullName;
        File.WriteAllText(Path.Combine(release, "inner.txt"), "inner");
        if (!File.Exists(tree.At("now/back.txt")))
        {
            Directory.CreateSymbolicLink(tree.At("now"), release);
            File.CreateSymbolicLink(Path.Combine(release, "back.txt"), tree.At("ranges.txt"));
        }
        await using FileServer server =
            await FileServer.StartAsync(tree.Root, options => (options.DisableSymlinks, options.DisableSymlinksFrom) = (policy, from));
        Assert.Equal(status, (await RawReply.GetAsync(server.Port, target)).Status);
    }

    [Fact]
    public async Task A_link_of_another_owner_is_refused()
    {
        Assert.SkipUnless(Environment.UserName == "root", "giving a link away needs root");
        if (!File.Exists(tree.At("foreign.txt")))
        {
            File.CreateSymbolicLink(tree.At("foreign.txt"), "ranges.txt");
        }

        System.Diagnostics.Process.Start("chown", ["-h", "65534", tree.At("foreign.txt")]).WaitForExit();
        await using FileServer server =
            await FileServer.StartAsync(tree.Root, options => options.DisableSymlinks = SymlinkPolicy.IfNotOwner);
        Assert.Equal(403, (await RawReply.GetAsync(server.Port, "/foreign.txt")).Status);
    }

    [Theory]
    [InlineData("/t1000.html", "\"6553f100-3e8\"")] // 1700000000 s, 1000 bytes
    [InlineData("/pre.txt", "\"6553f100-{0:x}\"")]
    public async Task Tags_in_seconds_are_nginxs(string target, string tag)
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root,
            options => (options.ETagPrecision, options.Precompressed) = (ETagPrecision.Seconds, ["gzip"]));
        RawReply reply = await RawReply.GetAsync(server.Port, target, "Accept-Encoding: gzip");
        Assert.Equal(string.Format(System.Globalization.CultureInfo.InvariantCulture, tag, new FileInfo(tree.At("pre.txt.gz")).Length),
            reply.Header("etag"));
    }

    [Fact]
    public async Task A_directory_is_redirected_with_its_query_and_the_path_base()
    {
        await using FileServer server =
            await FileServer.StartAsync(tree.Root, options => options.RequestPath = "/files", first: app => app.UsePathBase("/base"));
        RawReply reply = await RawReply.GetAsync(server.Port, "/base/files/dir?a=1&b=%2F");
        Assert.Equal(301, reply.Status);
        Assert.Equal("/base/files/dir/?a=1&b=%2F", reply.Header("location"));
    }

    [Fact]
    public async Task RequestPath_is_a_whole_segment()
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root, options => options.RequestPath = "/files");
        Assert.Equal(200, (await RawReply.GetAsync(server.Port, "/files/ranges.txt")).Status);
        Assert.Equal(404, (await RawReply.GetAsync(server.Port, "/ranges.txt")).Status);
        Assert.Equal(404, (await RawReply.GetAsync(server.Port, "/filesranges.txt")).Status);
    }

    [Fact]
    public async Task Unknown_types_and_dot_files_are_served_only_where_asked()
    {
        await using (FileServer server = await FileServer.StartAsync(tree.Root, options => options.ServeUnknownFileTypes = false))
        {
            Assert.Equal(404, (await RawReply.GetAsync(server.Port, "/unknown.zzz")).Status);
        }

        await using (FileServer server = await FileServer.StartAsync(tree.Root,
            options => (options.DefaultContentType, options.ServeDotFiles) = ("text/x-own", true)))
        {
            Assert.Equal("text/x-own", (await RawReply.GetAsync(server.Port, "/unknown.zzz")).Header("content-type"));
            Assert.Equal(200, (await RawReply.GetAsync(server.Port, "/.hidden.txt")).Status);
        }
    }

    [Fact]
    public async Task OnPrepareResponse_sees_the_file_and_may_set_fields()
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root, options =>
        {
            options.OnPrepareResponse = context => context.Context.Response.Headers["X-Length"] = context.File.Length.ToString();
            options.OnPrepareResponseAsync = async context =>
            {
                await Task.Yield();
                context.Context.Response.Headers["X-Name"] = context.File.Name;
            };
        });
        RawReply reply = await RawReply.GetAsync(server.Port, Letters);
        Assert.Equal("62", reply.Header("x-length"));
        Assert.Equal("ranges.txt", reply.Header("x-name"));
    }

    [Fact]
    public async Task An_endpoint_takes_precedence()
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root, first: app =>
        {
            app.UseRouting();
            ((IEndpointRouteBuilder)app).MapGet(Letters, () => "endpoint");
        });
        Assert.Equal("endpoint", Encoding.ASCII.GetString((await RawReply.GetAsync(server.Port, Letters)).Body));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Http_2_and_TLS_carry_the_same_bytes(bool alignedPool)
    {
        await using FileServer server =
            await FileServer.StartAsync(tree.Root, alignedPool: alignedPool, protocols: HttpProtocols.Http1AndHttp2, tls: true);
        using SocketsHttpHandler handler = new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _,
            _) => certificate?.Subject == "CN=localhost" }
        };
        using HttpClient client = new HttpClient(handler) { BaseAddress = server.Address };
        foreach (Version? version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
        {
            IEnumerable<Task> replies = Enumerable.Range(0, 8).Select(async i =>
            {
                using HttpRequestMessage request = new HttpRequestMessage(HttpMethod.Get, "/b1048579.bin")
                {
                    Version = version,
                    VersionPolicy = HttpVersionPolicy.RequestVersionExact
                };
                if (i % 2 == 1)
                {
                    request.Headers.Range = new(1000 + i, 900000 + i);
                }

                using HttpResponseMessage reply = await client.SendAsync(request).WithinDeadline();
                byte[] body = await reply.Content.ReadAsByteArrayAsync().WithinDeadline();
                byte[] expected = i % 2 == 1 ? tree.Slice("b1048579.bin", 1000 + i, 899001) : tree.Bytes("b1048579.bin");
                Assert.True(expected.AsSpan().SequenceEqual(body), $"{version} {i}: {body.Length} bytes differ");
            });
            await Task.WhenAll(replies);
        }
        await server.IdleAsync();
    }

    [Fact]
    public async Task Response_compression_sees_the_body()
    {
        await using FileServer server = await FileServer.StartAsync(tree.Root,
            before: builder => builder.Services.AddResponseCompression(), first: app => app.UseResponseCompression());
        RawReply reply = await RawReply.GetAsync(server.Port, "/pre.txt", "Accept-Encoding: gzip");
        Assert.Equal("gzip", reply.Header("content-encoding"));
        using GZipStream unpacked =
            new System.IO.Compression.GZipStream(new MemoryStream(reply.Body), System.IO.Compression.CompressionMode.Decompress);
        using MemoryStream plain = new MemoryStream();
        unpacked.CopyTo(plain);
        Assert.Equal(tree.Bytes("pre.txt"), plain.ToArray());
    }
}
