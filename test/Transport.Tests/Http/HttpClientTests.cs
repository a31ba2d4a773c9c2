using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Transport.Tests.Http;

/// <summary>Everything that Kestrel layers over a connection, with real clients: HTTP/1.1, HTTP/2, TLS, WebSockets.</summary>
public class HttpClientTests
{
    private static readonly X509Certificate2 Certificate = MakeCertificate();

    public enum Protocol
    {
        Http11,
        Http2,
        Http11OverTls,
        Http2OverTls,
    }

    [Theory]
    [Transports(Protocol.Http11), Transports(Protocol.Http2, Variants = true)]
    [Transports(Protocol.Http11OverTls), Transports(Protocol.Http2OverTls, Variants = true)]
    public async Task Bodies_in_both_directions_from_many_clients_are_correct(TransportUnderTest transport, Protocol protocol)
    {
        await using WebServer server = await StartAsync(transport, protocol);
        using HttpClient client = Client(server, protocol);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async i =>
        {
            byte[] body = TestApp.PatternBytes(20_000 * i + 1);
            using HttpRequestMessage request = new HttpRequestMessage(HttpMethod.Post, "/echo")
            {
                Version = client.DefaultRequestVersion,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new DuplexContent(stream => stream.WriteAsync(body).AsTask()),
            };
            using HttpResponseMessage response = await client.SendAsync(request, Deadline.Token);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(client.DefaultRequestVersion, response.Version);
            Assert.True((await response.Content.ReadAsByteArrayAsync(Deadline.Token)).AsSpan().SequenceEqual(body));
        }));
    }

    [Theory]
    [Transports(Protocol.Http11), Transports(Protocol.Http2), Transports(Protocol.Http2OverTls)]
    public async Task A_cancelled_request_is_seen_by_the_application(TransportUnderTest transport, Protocol protocol)
    {
        TaskCompletionSource entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using WebServer server = await StartAsync(transport, protocol, async context =>
        {
            context.RequestAborted.Register(() => aborted.TrySetResult());
            entered.SetResult();
            await aborted.Task;
        });
        using HttpClient client = Client(server, protocol);
        using CancellationTokenSource cancel = new CancellationTokenSource();
        Task<HttpResponseMessage> get = client.GetAsync(new Uri("/", UriKind.Relative), cancel.Token);
        await entered.Task.WithinDeadline();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => get);
        await aborted.Task.WithinDeadline();
    }

    [Theory]
    [Transports(false, Variants = true), Transports(true)]
    public async Task A_web_socket_echoes_messages_of_every_size(TransportUnderTest transport, bool tls)
    {
        await using WebServer server = await StartAsync(transport, tls ? Protocol.Http11OverTls : Protocol.Http11, async context =>
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            byte[] buffer = new byte[100_000];
            while (true)
            {
                WebSocketReceiveResult got = await socket.ReceiveAsync(buffer, CancellationToken.None);
                if (got.MessageType == WebSocketMessageType.Close)
                {
                    break;
                }

                await socket.SendAsync(buffer.AsMemory(0, got.Count), got.MessageType, got.EndOfMessage, CancellationToken.None);
            }
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", CancellationToken.None);
        });
        using ClientWebSocket client = new ClientWebSocket();
        client.Options.RemoteCertificateValidationCallback = IsOurs;
        await client.ConnectAsync(new UriBuilder(server.Address) { Scheme = tls ? "wss" : "ws" }.Uri, Deadline.Token);
        foreach (int size in new[] { 0, 1, 125, 126, 65_535, 65_536, 300_000 })
        {
            byte[] message = TestApp.PatternBytes(size);
            Task sending = client.SendAsync(message, WebSocketMessageType.Binary, true, Deadline.Token);
            MemoryStream got = new MemoryStream();
            byte[] buffer = new byte[64 * 1024];
            ValueWebSocketReceiveResult part;
            do
            {
                part = await client.ReceiveAsync(buffer.AsMemory(), Deadline.Token);
                got.Write(buffer, 0, part.Count);
            }
            while (!part.EndOfMessage);
            await sending;
            Assert.Equal(message, got.ToArray());
        }
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", Deadline.Token);
        Assert.Equal("done", client.CloseStatusDescription);
    }

    /// <summary>gRPC's shape: a request and a response that go on at the same time.</summary>
    [Theory, Transports]
    public async Task An_http2_stream_in_both_directions_at_once(TransportUnderTest transport)
    {
        await using WebServer server = await StartAsync(transport, Protocol.Http2, async context =>
        {
            byte[] line = new byte[6];
            while (await context.Request.Body.ReadAtLeastAsync(line, 6, throwOnEndOfStream: false) == 6)
            {
                await context.Response.Body.WriteAsync(line);
                await context.Response.Body.FlushAsync();
            }
        });
        using HttpClient client = Client(server, Protocol.Http2);
        TaskCompletionSource<Stream> request = new TaskCompletionSource<Stream>(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using HttpRequestMessage message = new HttpRequestMessage(HttpMethod.Post, "/")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new DuplexContent(async stream =>
            {
                await stream.FlushAsync();
                request.SetResult(stream);
                await end.Task;
            }),
        };
        Task<HttpResponseMessage> sending = client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, Deadline.Token);
        Stream questions = await request.Task.WithinDeadline();
        Stream? answers = null;
        byte[] answer = new byte[6];
        for (int i = 0; i < 100; i++)
        {
            byte[] text = Encoding.ASCII.GetBytes($"{i:000000}");
            await questions.WriteAsync(text, Deadline.Token);
            await questions.FlushAsync(Deadline.Token);
            answers ??= await (await sending).Content.ReadAsStreamAsync(Deadline.Token);
            await answers.ReadExactlyAsync(answer, Deadline.Token);
            Assert.Equal(text, answer);
        }
        end.SetResult();
        Assert.Equal(0, await answers!.ReadAsync(answer, Deadline.Token));
    }

    [Theory, Transports]
    public async Task A_client_that_disconnects_during_the_TLS_handshake_does_not_affect_others(TransportUnderTest transport)
    {
        await using WebServer server = await StartAsync(transport, Protocol.Http11OverTls);
        for (int i = 0; i < 10; i++)
        {
            RawClient client = await server.ConnectAsync();
            await client.SendAsync(new byte[] { 0x16, 0x03, 0x01, 0x02, 0x00, 0x01 });
            if (i % 2 == 0)
            {
                client.Reset();
            }
            else
            {
                client.Dispose();
            }
        }
        using HttpClient good = Client(server, Protocol.Http11OverTls);
        Assert.Equal("Hello, World!", await good.GetStringAsync(new Uri("/", UriKind.Relative), Deadline.Token));
    }

    private static Task<WebServer> StartAsync(TransportUnderTest transport, Protocol protocol, RequestDelegate? application = null)
        => WebServer.StartAsync(transport, application ?? TestApp.RouteAsync, listen: options =>
            options.Listen(IPAddress.Loopback, 0, endPoint =>
        {
            endPoint.Protocols = protocol is Protocol.Http2 or Protocol.Http2OverTls ? HttpProtocols.Http2 : HttpProtocols.Http1;
            if (protocol is Protocol.Http11OverTls or Protocol.Http2OverTls)
            {
                endPoint.UseHttps(Certificate);
            }
        }), pipeline: app => app.UseWebSockets());

    private static HttpClient Client(WebServer server, Protocol protocol)
    {
        SocketsHttpHandler handler =
            new SocketsHttpHandler { UseProxy = false, SslOptions = { RemoteCertificateValidationCallback = IsOurs } };
        return new HttpClient(handler)
        {
            BaseAddress = server.Address,
            Timeout = Deadline.Default,
            DefaultRequestVersion = protocol is Protocol.Http2 or Protocol.Http2OverTls ? HttpVersion.Version20 : HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    private static bool IsOurs(object sender, X509Certificate? certificate, X509Chain? chain, System.Net.Security.SslPolicyErrors errors)
        => certificate?.GetCertHashString() == Certificate.GetCertHashString();

    private static X509Certificate2 MakeCertificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
