using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Bench.Arena;
using Bench.Servers;

namespace Bench.Tests.Samples;

/// <summary>samples/Arena answers as the public board requires, on both transports: random inputs, so that no constant passes.</summary>
public sealed class ArenaAppTests : IAsyncLifetime
{
    private static readonly string[] Transports = ["sockets", "epoll"];
    private readonly List<WebAppServer> _servers = [];
    private HttpClient _client = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await ArenaData.MakeAsync(_ => { }, Cancellation);
        X509ChainPolicy trust = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        trust.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(ArenaData.Certificate));
        _client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { CertificateChainPolicy = trust },
            AutomaticDecompression = DecompressionMethods.None,
        });
        foreach (string transport in Transports)
        {
            _servers.Add(await WebAppServer.StartAsync(
                SampleApp.Arena, ServerSpec.Parse(transport), CorePlacement.Shared, ArenaData.ServerArguments, "/static/", Cancellation));
        }
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        foreach (WebAppServer server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_requests_of_the_board_are_answered()
    {
        foreach (WebAppServer server in _servers)
        {
            await SumsAsync(server);
            await FragmentsAsync(server);
            await JsonAsync(server, server.Http, HttpVersion.Version11);
            await JsonAsync(server, server.Https, HttpVersion.Version11);
            await JsonAsync(server, server.Http2, HttpVersion.Version20);
            await BodiesAsync(server);
            await FilesAsync(server);
            await EchoAsync(server);
        }
    }

    private async Task SumsAsync(WebAppServer server)
    {
        (int a, int b, int c) = (Random.Shared.Next(1000), Random.Shared.Next(1000), Random.Shared.Next(1000));
        using HttpResponseMessage sum = await SendAsync(server.Http + $"/baseline11?a={a}&b={b}");
        Assert.Equal(Text(a + b), await sum.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("text/plain", sum.Content.Headers.ContentType!.MediaType);
        foreach (bool chunked in new[] { false, true })
        {
            using HttpRequestMessage post = new HttpRequestMessage(HttpMethod.Post, server.Http + $"/baseline11?a={a}&b={b}")
            {
                Content = new StringContent(Text(c)),
            };
            post.Headers.TransferEncodingChunked = chunked;
            using HttpResponseMessage answer = await _client.SendAsync(post, Cancellation);
            Assert.Equal(Text(a + b + c), await answer.Content.ReadAsStringAsync(Cancellation));
            Assert.Equal("text/plain", answer.Content.Headers.ContentType!.MediaType);
        }

        foreach (string address in new[] { server.Https, server.Http2 })
        {
            using HttpResponseMessage answer = await SendAsync(address + $"/baseline2?a={a}&b={b}", HttpVersion.Version20);
            Assert.Equal(HttpVersion.Version20, answer.Version);
            Assert.Equal(Text(a + b), await answer.Content.ReadAsStringAsync(Cancellation));
        }

        Assert.Equal("ok", await _client.GetStringAsync(server.Http + "/pipeline", Cancellation));
        Assert.Equal("ok", await _client.GetStringAsync(server.Http + "/delay/5", Cancellation));
        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(server.Http2 + "/baseline2?a=1&b=1", HttpVersion.Version11));
    }

    /// <summary>A request in pieces: the parser must continue where the last one ended.</summary>
    private static async Task FragmentsAsync(WebAppServer server)
    {
        using TcpClient client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(server.EndPoint, Cancellation);
        NetworkStream stream = client.GetStream();
        string[] pieces =
            ["POST /baseli", "ne11?a=13&b=42 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n", "Connection: close\r\n\r\n2", "0"];
        foreach (string piece in pieces)
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(piece), Cancellation);
            await stream.FlushAsync(Cancellation);
            await Task.Delay(20, Cancellation);
        }

        string answer = await new StreamReader(stream).ReadToEndAsync(Cancellation);
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Contains("75", answer[answer.IndexOf("\r\n\r\n", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    private async Task JsonAsync(WebAppServer server, string address, Version version)
    {
        (int count, int multiplier) = (Random.Shared.Next(1, 51), Random.Shared.Next(1, 20));
        // The framework does not compress responses over TLS unless it is told to, and the board does not ask for it there.
        foreach (string? encoding in address.StartsWith("https:", StringComparison.Ordinal) ? [null] : new[] { null, "gzip", "br" })
        {
            using HttpResponseMessage answer = await SendAsync(address + $"/json/{count}?m={multiplier}", version, encoding);
            Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
            Assert.Equal(encoding is null ? [] : [encoding], answer.Content.Headers.ContentEncoding);
            await using Stream body = await answer.Content.ReadAsStreamAsync(Cancellation);
            await using Stream plain = encoding switch
            {
                "gzip" => new GZipStream(body, CompressionMode.Decompress),
                "br" => new BrotliStream(body, CompressionMode.Decompress),
                _ => body,
            };
            using JsonDocument document = await JsonDocument.ParseAsync(plain, cancellationToken: Cancellation);
            Assert.Equal(count, document.RootElement.GetProperty("count").GetInt32());
            JsonElement items = document.RootElement.GetProperty("items");
            Assert.Equal(count, items.GetArrayLength());
            Assert.All(items.EnumerateArray(), item => Assert.Equal(
                item.GetProperty("price").GetInt64() * item.GetProperty("quantity").GetInt64() * multiplier,
                item.GetProperty("total").GetInt64()));
        }
    }

    private async Task BodiesAsync(WebAppServer server)
    {
        foreach (int length in new[] { 0, 1, 10_240, 3_000_000 })
        {
            byte[] body = RandomNumberGenerator.GetBytes(length);
            foreach (bool chunked in new[] { false, true })
            {
                foreach (string address in new[] { server.Http, server.Https })
                {
                    Assert.Equal(body, await PostAsync(address + "/echo", body, chunked));
                }

                Assert.Equal(Text(length), Encoding.ASCII.GetString(await PostAsync(server.Http + "/upload", body, chunked)));
            }
        }
    }

    private async Task FilesAsync(WebAppServer server)
    {
        string folder = Path.Combine(Repository.Root, "artifacts", "bench-arena");
        foreach (string path in ArenaData.FilePaths)
        {
            using HttpResponseMessage answer = await SendAsync(server.Http + path);
            Assert.Equal(
                await File.ReadAllBytesAsync(folder + path, Cancellation), await answer.Content.ReadAsByteArrayAsync(Cancellation));
        }

        using HttpResponseMessage script = await SendAsync(server.Https + ArenaData.MediumFile, HttpVersion.Version20);
        Assert.Equal("application/javascript", script.Content.Headers.ContentType!.MediaType);
        using HttpResponseMessage missing = await _client.GetAsync(server.Http + "/static/nothing.txt", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    private static async Task EchoAsync(WebAppServer server)
    {
        using ClientWebSocket socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{server.EndPoint}/ws"), Cancellation);
        foreach (int length in new[] { 5, 20_000 })
        {
            byte[] message = RandomNumberGenerator.GetBytes(length);
            await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, Cancellation);
            byte[] echo = new byte[length];
            for (int taken = 0; taken < length;)
            {
                taken += (await socket.ReceiveAsync(echo.AsMemory(taken), Cancellation)).Count;
            }

            Assert.Equal(message, echo);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancellation);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }

    private async Task<byte[]> PostAsync(string address, byte[] body, bool chunked)
    {
        using HttpRequestMessage request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
        request.Headers.TransferEncodingChunked = chunked;
        using HttpResponseMessage answer = await _client.SendAsync(request, Cancellation);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadAsByteArrayAsync(Cancellation);
    }

    private async Task<HttpResponseMessage> SendAsync(string address, Version? version = null, string? encoding = null)
    {
        using HttpRequestMessage request = new HttpRequestMessage(HttpMethod.Get, address)
        {
            Version = version ?? HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (encoding is not null)
        {
            request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue(encoding));
        }

        HttpResponseMessage answer = await _client.SendAsync(request, Cancellation);
        return answer.EnsureSuccessStatusCode();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
