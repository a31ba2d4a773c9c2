using System.Net;
using System.Net.Sockets;
using System.Text;
using FileAio.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace FileAio.Tests.Http;

/// <summary>Methods, callbacks, error pages, and several requests on one connection.</summary>
public sealed class ResponseTests(ServedTree served) : IClassFixture<ServedTree>
{
    private const string Letters = "/ranges.txt";

    [Theory]
    [InlineData("get")]
    [InlineData("head")]
    [InlineData("Head")]
    [InlineData("OPTIONS")]
    public async Task Methods_are_case_sensitive(string method)
    {
        Assert.Equal(404, (await RawReply.SendAsync(served.Port, $"{method} {Letters} HTTP/1.1")).Status);
        await using FileServer terminal = await FileServer.StartAsync(served.Tree.Root, options => options.Terminal = true);
        Assert.Equal(405, (await RawReply.SendAsync(terminal.Port, $"{method} {Letters} HTTP/1.1")).Status);
    }

    [Fact]
    public async Task A_method_is_refused_only_where_GET_would_succeed()
    {
        await using FileServer server =
            await FileServer.StartAsync(served.Tree.Root, options => (options.Terminal, options.ServeUnknownFileTypes) = (true, false));
        foreach ((string? target, int status) in new[] { ("/dir", 405), ("/dir/", 405), ("/dir2/", 404), ("/unknown.zzz", 404),
            ("/.hidden.txt", 404) })
        {
            Assert.Equal((target, status), (target, (await RawReply.SendAsync(server.Port, $"DELETE {target} HTTP/1.1")).Status));
        }
    }

    [Fact]
    public async Task HEAD_has_the_fields_of_GET()
    {
        RawReply get = await RawReply.GetAsync(served.Port, Letters);
        RawReply head = await RawReply.SendAsync(served.Port, $"HEAD {Letters} HTTP/1.1", "Range: bytes=0-1");
        Assert.Equal(Fields(get), Fields(head));
        Assert.Empty(head.Body);

        static string Fields(RawReply reply) => string.Join('\n', reply.Headers.Where(field => field.Key != "date")
            .Select(field => $"{field.Key}: {string.Join(", ", field)}").Order());
    }

    [Fact]
    public async Task OnPrepareResponse_is_called_last_for_every_response_about_a_file()
    {
        List<string> calls = new List<string>();
        await using FileServer server = await FileServer.StartAsync(served.Tree.Root, options => options.OnPrepareResponse = prepared =>
        {
            calls.Add($"{prepared.Context.Request.Method} {prepared.Context.Response.StatusCode} {prepared.File.Name}");
            prepared.Context.Response.Headers.CacheControl = "max-age=60";
            prepared.Context.Response.Headers.Remove("ETag");
        });
        foreach ((string? line, string? header) in new[]
        {
            ("GET", "Accept: */*"), ("HEAD", "Accept: */*"), ("GET", "If-None-Match: *"), ("GET", "Range: bytes=0-1"),
                ("GET", "Range: bytes=99-"), ("GET", "If-Match: \"a\""),
        })
        {
            RawReply reply = await RawReply.SendAsync(server.Port, $"{line} {Letters} HTTP/1.1", header);
            Assert.Equal("max-age=60", reply.Header("cache-control"));
            Assert.Null(reply.Header("etag"));
        }
        foreach (string? target in new[] { "/nx.txt", "/dir", "/dir2/" })
        {
            Assert.Null((await RawReply.GetAsync(server.Port, target)).Header("cache-control"));
        }

        Assert.Equal(["GET 200 ranges.txt", "HEAD 200 ranges.txt", "GET 304 ranges.txt", "GET 206 ranges.txt", "GET 416 ranges.txt",
            "GET 412 ranges.txt"], calls);
    }

    [Fact]
    public async Task OnPrepareResponse_may_refuse_the_file()
    {
        await using FileServer server = await FileServer.StartAsync(served.Tree.Root, options => options.OnPrepareResponse = prepared =>
        {
            prepared.Context.Response.StatusCode = 401;
            prepared.Context.Response.ContentLength = 0;
            prepared.Context.Response.Body = Stream.Null;
        });
        RawReply reply = await RawReply.GetAsync(server.Port, "/b1048579.bin");
        Assert.Equal(401, reply.Status);
        Assert.Empty(reply.Body);
        await server.IdleAsync();
    }

    [Theory]
    [InlineData("Accept: */*")]
    [InlineData("If-None-Match: *")]
    [InlineData("If-Match: \"a\"")]
    [InlineData("Range: bytes=0-1")]
    [InlineData("Range: bytes=99-")]
    public async Task A_file_served_for_an_error_keeps_the_status_and_is_complete(string header)
    {
        await using FileServer server =
            await FileServer.StartAsync(served.Tree.Root, first: app => app.UseStatusCodePagesWithReExecute(Letters));
        RawReply reply = await RawReply.GetAsync(server.Port, "/nx.txt", header);
        Assert.Equal(404, reply.Status);
        Assert.Equal(served.Tree.Bytes("ranges.txt"), reply.Body);
        Assert.Equal("text/plain", reply.Header("content-type"));
        // They are the page's, not those of what was asked for.
        Assert.All(new[] { "etag", "last-modified", "accept-ranges", "content-range" }, name => Assert.Null(reply.Header(name)));
    }

    [Fact]
    public async Task A_cached_file_with_two_names_is_logged_by_the_requested_name()
    {
        await using FileServer server = await FileServer.StartAsync(served.Tree.Root, options =>
        {
            options.OpenFileCache.Max = 10;
            options.OnPrepareResponse = prepared
                => prepared.Context.Response.Headers["X-File"] = $"{prepared.File.Name} {prepared.File.PhysicalPath}";
        });
        foreach (string? name in new[] { "ranges.txt", "link.txt", "ranges.txt" })
        {
            Assert.Equal($"{name} {served.Tree.At(name)}", (await RawReply.GetAsync(server.Port, "/" + name)).Header("x-file"));
        }
    }

    [Fact]
    public async Task HTTP_2_has_the_same_answers()
    {
        await using FileServer server = await FileServer.StartAsync(served.Tree.Root, protocols: HttpProtocols.Http2);
        using SocketsHttpHandler handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        using HttpClient client = new HttpClient(handler) { BaseAddress = server.Address };
        foreach ((string? method, string? target, string? header, string? value, int status, long length) in new[]
        {
            ("GET", Letters, "Accept", "*/*", 200, 62L), ("HEAD", Letters, "Accept", "*/*", 200, 62),
                ("GET", Letters, "If-None-Match", "*", 304, 0), ("GET", Letters, "If-Match", "\"a\"", 412, 0),
            ("GET", Letters, "Range", "bytes=-2", 206, 2), ("GET", Letters, "Range", "bytes=99-", 416, 0),
                ("GET", "/empty.txt", "Accept", "*/*", 200, 0), ("GET", "/nx.txt", "Accept", "*/*", 404, 0),
            ("GET", "/dir?x", "Accept", "*/*", 301, 0),
        })
        {
            using HttpRequestMessage request = new HttpRequestMessage(new HttpMethod(method), target)
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact
            };
            request.Headers.TryAddWithoutValidation(header, value);
            using HttpResponseMessage reply = await client.SendAsync(request).WithinDeadline();
            byte[] body = await reply.Content.ReadAsByteArrayAsync().WithinDeadline();
            Assert.Equal((method, target, value, status, method == "HEAD" ? 0 : length),
                (method, target, value, (int)reply.StatusCode, body.Length));
            if (status == 200)
            {
                Assert.Equal(length, reply.Content.Headers.ContentLength);
            }
        }
    }

    [Fact]
    public async Task Requests_on_one_connection_are_answered_in_turn()
    {
        using Socket socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", served.Port, Deadline.Token);
        (string, string)[] requests = new[] { ("GET /ranges.txt", "Range: bytes=0-1"), ("HEAD /ranges.txt", "A: b"),
            ("GET /ranges.txt", "If-None-Match: *"), ("GET /nx.txt", "A: b"),
            ("GET /empty.txt", "A: b"), ("GET /ranges.txt", "Range: bytes=99-"), ("GET /dir", "A: b"),
                ("GET /one.txt", "Connection: close") };
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            string.Concat(requests.Select(request => $"{request.Item1} HTTP/1.1\r\nHost: x\r\n{request.Item2}\r\n\r\n"))));
        using NetworkStream stream = new NetworkStream(socket);
        using StreamReader reader = new StreamReader(stream, Encoding.ASCII);
        string wire = await reader.ReadToEndAsync(Deadline.Token);
        // Where a body is longer or shorter than its Content-Length says, the next status line is not where it is looked for.
        List<string> statuses = new List<string>();
        for (string rest = wire; rest.Length > 0;)
        {
            int end = rest.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
            string status = rest[9..12];
            bool isHead = requests[statuses.Count].Item1.StartsWith("HEAD", StringComparison.Ordinal);
            string? length = rest[..end].Split("\r\n")
                .FirstOrDefault(line => line.StartsWith("Content-Length: ", StringComparison.Ordinal))?[16..];
            Assert.StartsWith("HTTP/1.1 ", rest);
            statuses.Add(status);
            rest = rest[(end + (isHead || length is null ? 0 : int.Parse(length)))..];
        }
        Assert.Equal(["206", "200", "304", "404", "200", "416", "301", "200"], statuses);
    }
}
