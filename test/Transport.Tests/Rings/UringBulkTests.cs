using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Transport.Uring;

namespace Transport.Tests.Rings;

/// <summary>100 MB in each direction, with and without TLS, over HTTP/1.1 and HTTP/2, checked by SHA-256.</summary>
public class UringBulkTests
{
    private const int Size = 100_000_000;

    [Theory]
    [InlineData(UringReceive.Auto, HttpProtocols.Http1, false)]
    [InlineData(UringReceive.Auto, HttpProtocols.Http1, true)]
    [InlineData(UringReceive.Auto, HttpProtocols.Http2, true)]
    [InlineData(UringReceive.MultishotIntoRing, HttpProtocols.Http1, false)]
    [InlineData(UringReceive.MultishotIntoRing, HttpProtocols.Http2, true)]
    [InlineData(UringReceive.IntoPipe, HttpProtocols.Http2, true)]
    public async Task Large_bodies_keep_their_hash(UringReceive receive, HttpProtocols protocol, bool isTls)
    {
        using X509Certificate2 certificate = MakeCertificate();
        await using WebServer server = await StartAsync(receive, protocol, isTls ? certificate : null);
        using HttpClient client = new(new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = { RemoteCertificateValidationCallback = (_, peer, _, _) => peer?.GetCertHashString() == certificate.Thumbprint },
        })
        {
            BaseAddress = server.Address,
            Timeout = Deadline.Default * 3,
            DefaultRequestVersion = protocol == HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        byte[] bytes = TestApp.PatternBytes(Size);
        string expected = Convert.ToHexString(SHA256.HashData(bytes));
        using HttpResponseMessage uploaded = await client.PostAsync(new Uri("/hash", UriKind.Relative), new ByteArrayContent(bytes));
        Assert.Equal(expected, await uploaded.Content.ReadAsStringAsync());
        using HttpResponseMessage downloaded = await client.GetAsync(
            new Uri($"/bytes/{Size}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        await using Stream body = await downloaded.Content.ReadAsStreamAsync();
        Assert.Equal(expected, Convert.ToHexString(await SHA256.HashDataAsync(body)));
    }

    /// <summary>A client with many streams over TLS.</summary>
    [Theory, MemberData(nameof(UringReceiveTests.Ways), MemberType = typeof(UringReceiveTests))]
    public async Task Requests_of_h2load_over_tls_all_succeed(UringReceive receive)
    {
        const int Requests = 5000;
        Process? h2load = null;
        using X509Certificate2 certificate = MakeCertificate();
        await using WebServer server = await StartAsync(receive, HttpProtocols.Http2, certificate);
        try
        {
            h2load = Process.Start(new ProcessStartInfo(
                "h2load", [$"-n{Requests}", "-c16", "-m32", $"https://127.0.0.1:{server.Address.Port}/"])
            {
                RedirectStandardOutput = true,
            });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("h2load (nghttp2-client) is not installed.");
        }

        using (h2load)
        {
            string output = await h2load!.StandardOutput.ReadToEndAsync().WithinDeadline();
            Assert.Contains($"{Requests} succeeded, 0 failed", output, StringComparison.Ordinal);
        }
    }

    private static Task<WebServer> StartAsync(UringReceive receive, HttpProtocols protocol, X509Certificate2? certificate) =>
        WebServer.StartAsync(
            UringUnderTest.With(receive),
            AnswerAsync,
            new TransportSettings { LoopCount = 1 },
            options =>
            {
                options.Limits.MaxRequestBodySize = null;
                options.Listen(IPAddress.Loopback, 0, listen =>
                {
                    listen.Protocols = protocol;
                    if (certificate is not null)
                    {
                        listen.UseHttps(certificate);
                    }
                });
            });

    private static async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/hash")
        {
            await context.Response.WriteAsync(Convert.ToHexString(await SHA256.HashDataAsync(context.Request.Body)));
            return;
        }

        await TestApp.RouteAsync(context);
    }

    private static X509Certificate2 MakeCertificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
