using System.Net;
using System.Net.Security;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Transport.Tests.Metrics;

namespace Transport.Tests.SendFile;

/// <summary>
/// SendFileAsync of HTTP responses: the bytes are Kestrel's own in every case, and go by sendfile where nothing is in between.
/// </summary>
public class SendFileResponseTests
{
    private const int Size = 3_000_000;

    [Theory]
    [Transports("send"), Transports("static"), Transports("results"), Transports("part"), Transports("compression-declined")]
    public async Task A_plain_response_goes_by_sendfile(TransportUnderTest transport, string way) =>
        await GetAsync(transport, way, bySendFile: true);

    [Theory]
    [Transports("chunked"), Transports("compressed"), Transports("buffered"), Transports("response-caching"), Transports("output-caching"),
        Transports("wrapped")]
    public async Task Kestrel_writes_the_file_if_sendfile_is_not_possible(TransportUnderTest transport, string way) =>
        await GetAsync(transport, way, bySendFile: false);

    [Theory, Transports(NotOnSockets = "it has no such option")]
    public async Task Kestrel_writes_the_file_if_sendfile_is_off(TransportUnderTest transport) =>
        await GetAsync(transport, "send", bySendFile: false, new TransportSettings { Ours = options => options.SendFile = false });

    [Theory, Transports(Variants = true)]
    public async Task Pipelined_requests_are_answered_in_order_and_the_connection_continues(TransportUnderTest transport)
    {
        using PatternFile file = new(Size);
        byte[] pattern = TestApp.PatternBytes(Size);
        await using WebServer server = await StartAsync(transport, file);
        using RawClient client = await server.ConnectAsync();
        HttpReplyReader replies = new(client);
        int[] sizes = [1, 8_192, 16_384, 16_385, 65_536, 300_000, 2_097_152, 2_097_153, Size, 5];
        for (int round = 0; round < 3; round++)
        {
            Task sending = client.SendAsync(string.Concat(sizes.Select((size, i) =>
                $"GET /part?offset={Size - size - (size < Size ? i : 0)}&count={size} HTTP/1.1\r\nHost: x\r\n\r\n"
                + "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")));
            for (int i = 0; i < sizes.Length; i++)
            {
                HttpReply reply = await replies.ReadAsync();
                Assert.Equal(200, reply.Status);
                int offset = Size - sizes[i] - (sizes[i] < Size ? i : 0);
                Assert.True(pattern.AsSpan(offset, sizes[i]).SequenceEqual(reply.Body), $"{sizes[i]} bytes");
                Assert.Equal("Hello, World!", (await replies.ReadAsync()).Text);
            }

            await sending;
        }

        await file.NotOpenAsync();
    }

    [Theory, Transports]
    public async Task HEAD_and_304_have_no_body(TransportUnderTest transport)
    {
        using PatternFile file = new(Size);
        await using WebServer server = await StartAsync(transport, file);
        using HttpClient client = server.CreateClient();
        foreach (string path in new[] { "/send", "/static/pattern.bin", "/results" })
        {
            using HttpResponseMessage head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, path), Deadline.Token);
            Assert.Equal(Size, head.Content.Headers.ContentLength);
            Assert.Empty(await head.Content.ReadAsByteArrayAsync(Deadline.Token));
        }

        using HttpResponseMessage first = await client.GetAsync("/static/pattern.bin", Deadline.Token);
        using HttpRequestMessage again = new(HttpMethod.Get, "/static/pattern.bin");
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using HttpResponseMessage notModified = await client.SendAsync(again, Deadline.Token);
        Assert.Equal(HttpStatusCode.NotModified, notModified.StatusCode);
        Assert.Empty(await notModified.Content.ReadAsByteArrayAsync(Deadline.Token));
        Assert.Equal("Hello, World!", await client.GetStringAsync("/hello", Deadline.Token));
    }

    [Theory]
    [Transports(true), Transports(false)]
    public async Task TLS_and_HTTP2_are_served_by_Kestrel(TransportUnderTest transport, bool tls)
    {
        using PatternFile file = new(Size);
        await using WebServer server = await StartAsync(transport, file,
            listen: options => options.Listen(IPAddress.Loopback, 0, endPoint =>
        {
            endPoint.Protocols = tls ? HttpProtocols.Http1 : HttpProtocols.Http2;
            if (tls)
            {
                endPoint.UseHttps(ServerCertificate.Make());
            }
        }));
        using MeterReader? meter = transport.IsOracle ? null : new MeterReader(server.Application.Services);
        using HttpClient client = new(new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
            },
        })
        {
            BaseAddress = new Uri($"{(tls ? "https" : "http")}://127.0.0.1:{server.Address.Port}"),
            Timeout = Deadline.Default,
            DefaultRequestVersion = tls ? HttpVersion.Version11 : HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        foreach (string path in new[] { "/send", "/static/pattern.bin", "/results" })
        {
            byte[] body = await client.GetByteArrayAsync(path, Deadline.Token);
            Assert.True(TestApp.PatternBytes(Size).AsSpan().SequenceEqual(body), path);
        }

        Assert.Equal(0, meter?.Sum("transport.sendfile.bytes") ?? 0);
    }

    [Theory, Transports]
    public async Task What_Kestrel_refuses_is_refused_in_the_same_way(TransportUnderTest transport)
    {
        using PatternFile file = new(Size);
        await using WebServer server = await StartAsync(transport, file);
        using HttpClient client = server.CreateClient();
        Assert.Equal("FileNotFoundException",
            await client.GetStringAsync("/throws?path=missing&offset=0&count=1", Deadline.Token));
        Assert.Equal("ArgumentOutOfRangeException",
            await client.GetStringAsync($"/throws?path=pattern.bin&offset=0&count={Size + 1}", Deadline.Token));
        Assert.Equal("ArgumentOutOfRangeException",
            await client.GetStringAsync("/throws?path=pattern.bin&offset=-1&count=1", Deadline.Token));
        Assert.Equal("InvalidOperationException",
            await client.GetStringAsync("/throws?path=pattern.bin&offset=0&count=100000", Deadline.Token));
        Assert.Equal("InvalidOperationException", await client.GetStringAsync("/throws?path=pattern.bin&offset=0", Deadline.Token));
        await file.NotOpenAsync();
    }

    /// <summary>Each byte of a range earns its time, as each byte of WriteAsync does; a client that takes none is cut.</summary>
    [Theory]
    [Transports(true, Model = "epoll"), Transports(false, Model = "epoll")]
    public async Task The_minimum_response_data_rate_counts_ranges(TransportUnderTest transport, bool reads)
    {
        const int Long = 12 << 20;
        using PatternFile file = new(Long);
        await using WebServer server = await StartAsync(transport, file, length: Long, listen: options =>
        {
            options.Listen(IPAddress.Loopback, 0);
            options.Limits.MinResponseDataRate = new MinDataRate(reads ? 50_000 : 5_000_000, TimeSpan.FromSeconds(1.5));
        });
        using RawClient client = await server.ConnectAsync(receiveBuffer: 16 * 1024);
        await client.SendAsync("GET /send HTTP/1.1\r\nHost: x\r\n\r\n");
        if (!reads)
        {
            await server.Logs.WaitForAsync("Microsoft.AspNetCore.Server.Kestrel.BadRequests", 28);
            await client.DrainAsync();
            await file.NotOpenAsync();
            return;
        }

        // Three times as long as Kestrel would wait for a flush whose bytes earn nothing.
        for (int i = 0; i < 50; i++)
        {
            await client.ReceiveExactlyAsync(20_000);
            await Task.Delay(100);
        }

        await client.ReceiveExactlyAsync(Long - 1_000_000);
    }

    private static async Task GetAsync(TransportUnderTest transport, string way, bool bySendFile, TransportSettings? settings = null)
    {
        using PatternFile file = new(Size);
        await using WebServer server = await StartAsync(transport, file, settings);
        using MeterReader? meter = transport.IsOracle ? null : new MeterReader(server.Application.Services);
        using HttpClient client = new(new SocketsHttpHandler { UseProxy = false, AutomaticDecompression = DecompressionMethods.GZip })
        {
            BaseAddress = server.Address,
            Timeout = Deadline.Default,
        };
        for (int i = 0; i < 2; i++)
        {
            byte[] body = await client.GetByteArrayAsync($"/{way}{(way == "static" ? "/pattern.bin" : "")}", Deadline.Token);
            Assert.True(TestApp.PatternBytes(Size).AsSpan().SequenceEqual(body), $"{body.Length} bytes, and not the file's");
        }

        if (meter is not null)
        {
            // A call is counted when it has returned, which may be after the client has read what it sent.
            await meter.ReachesAsync("transport.sendfile.bytes", bySendFile ? 2 * (way == "part" ? Size - 20 : Size) : 0);
        }

        await file.NotOpenAsync();
    }

    private static Task<WebServer> StartAsync(TransportUnderTest transport, PatternFile file, TransportSettings? settings = null,
        Action<KestrelServerOptions>? listen = null, int length = Size)
        => WebServer.StartAsync(transport, context => AnswerAsync(context, file, length), settings, listen,
            configure: builder =>
            {
                builder.Services.AddRouting();
                builder.Services.AddResponseCompression(options => options.EnableForHttps = true);
                builder.Services.AddResponseCaching();
                builder.Services.AddOutputCache(options =>
                {
                    options.MaximumBodySize = options.SizeLimit = 1 << 30;
                    options.AddBasePolicy(static policy => policy.Cache());
                });
                if (listen is not null)
                {
                    builder.WebHost.UseKestrelHttpsConfiguration();
                }
            },
            pipeline: app =>
            {
                app.UseStaticFiles(new StaticFileOptions
                {
                    FileProvider = new PhysicalFileProvider(file.Directory),
                    RequestPath = "/static",
                    ServeUnknownFileTypes = true,
                });
                app.UseWhen(static context => context.Request.Path.Value!.StartsWith("/compress", StringComparison.Ordinal),
                    static branch => branch.UseResponseCompression());
                app.UseWhen(static context => context.Request.Path == "/response-caching", static branch => branch.UseResponseCaching());
                app.UseWhen(static context => context.Request.Path == "/output-caching", static branch =>
                {
                    branch.UseRouting();
                    branch.UseOutputCache();
                });
                app.Use(static async (context, next) =>
                {
                    IHttpResponseBodyFeature inner = context.Features.Get<IHttpResponseBodyFeature>()!;
                    if (context.Request.Path == "/buffered")
                    {
                        using MemoryStream buffer = new();
                        context.Response.Body = buffer;
                        await next();
                        context.Response.Body = inner.Stream;
                        await inner.Stream.WriteAsync(buffer.ToArray());
                        return;
                    }

                    if (context.Request.Path == "/wrapped")
                    {
                        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(new BufferedStream(inner.Stream)));
                        await next();
                        await context.Response.Body.FlushAsync();
                        return;
                    }

                    await next();
                });
            });

    private static async Task AnswerAsync(HttpContext context, PatternFile file, int length)
    {
        string path = context.Request.Path;
        HttpResponse response = context.Response;
        long Query(string name) => long.Parse(context.Request.Query[name]!, System.Globalization.CultureInfo.InvariantCulture);
        switch (path)
        {
            case "/hello":
                await TestApp.HelloAsync(context);
                break;
            case "/results":
                await Results.File(file.Path, "application/octet-stream", enableRangeProcessing: true).ExecuteAsync(context);
                break;
            case "/part" when context.Request.Query.Count > 0:
                response.ContentLength = Query("count");
                await response.SendFileAsync(file.Path, Query("offset"), Query("count"));
                break;
            case "/part":
                response.ContentLength = length;
                await response.Body.WriteAsync(TestApp.PatternBytes(10).AsMemory());
                await response.SendFileAsync(file.Path, 10, length - 20);
                await response.Body.WriteAsync(TestApp.PatternBytes(length).AsMemory(length - 10));
                break;
            case "/throws":
                response.ContentLength = 19;
                try
                {
                    long? count = context.Request.Query.ContainsKey("count") ? Query("count") : null;
                    await response.SendFileAsync(Path.Combine(file.Directory, context.Request.Query["path"]!), Query("offset"), count);
                }
                catch (Exception exception) when (!response.HasStarted)
                {
                    byte[] name = Encoding.ASCII.GetBytes(exception.GetType().Name);
                    response.ContentLength = name.Length;
                    await response.Body.WriteAsync(name);
                }

                break;
            default:
                if (path != "/chunked")
                {
                    response.ContentLength = length;
                }

                response.ContentType = path == "/compression-declined" ? "image/png" : "text/plain";
                response.Headers.CacheControl = "public,max-age=60";
                await response.SendFileAsync(file.Path);
                break;
        }
    }
}
