using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;

namespace Transport.Tests.Hostile;

/// <summary>Clients that end their own direction with the request and then read the response.</summary>
[Trait("Category", "Hostile")]
public class HalfCloseTests
{
    private const string NotOnSockets = "it drops what the handler writes after FIN";
    private const int ResponseLength = 500_000;

    private static readonly X509Certificate2 Certificate = MakeCertificate();

    [Theory]
    [Transports(false, false, Variants = true, NotOnSockets = NotOnSockets)]
    [Transports(true, false, NotOnSockets = NotOnSockets)]
    [Transports(false, true, NotOnSockets = NotOnSockets)]
    public async Task The_whole_response_arrives(TransportUnderTest transport, bool slow, bool tls)
    {
        byte[] body = TestApp.PatternBytes(ResponseLength);
        await using WebServer server = await WebServer.StartAsync(
            transport,
            async context =>
            {
                context.Response.ContentLength = body.Length;
                await context.Response.Body.WriteAsync(body, CancellationToken.None);
            },
            new TransportSettings { Ours = options => options.AnswerGrace = Deadline.Default },
            options => options.Listen(IPAddress.Loopback, 0, endPoint =>
            {
                if (tls)
                {
                    endPoint.UseHttps(Certificate);
                }
            }));
        for (int i = 0; i < (slow || tls ? 10 : 100); i++)
        {
            using RawClient client = await server.ConnectAsync(receiveBuffer: slow ? 4096 : 0);
            byte[] response = tls ? await AskOverTlsAsync(client) : await AskAsync(client);
            Assert.True(body.AsSpan().SequenceEqual(response.AsSpan(Math.Max(0, response.Length - body.Length))),
                $"{response.Length} bytes in round {i}");
        }
    }

    /// <summary>Kestrel ends a connection in this way once it has heard of the client's FIN.</summary>
    [Theory, Transports(Variants = true, NotOnSockets = NotOnSockets)]
    public async Task What_was_written_before_an_abort_without_a_reason_is_sent(TransportUnderTest transport)
    {
        byte[] bytes = TestApp.PatternBytes(4_000_000);
        await using BareListener listener =
            await BareListener.BindAsync(transport, settings: new TransportSettings { MaxWriteBufferSize = bytes.Length + 1 });
        await using BareListener.Pair pair = await listener.ConnectAsync(receiveBuffer: 4096);
        pair.Client.ShutdownSend();
        Assert.Equal("", await pair.Server.ReadToEndAsync());
        await pair.Server.Transport.Output.WriteAsync(bytes, Deadline.Token);
        pair.Server.Abort(null!);
        Assert.Equal(bytes, await pair.Client.ReceiveToEndAsync());
    }

    /// <summary>The host's last resort, when the time for connections to end is up.</summary>
    [Theory, Transports(Variants = true, NotOnSockets = NotOnSockets)]
    public async Task A_client_that_reads_nothing_is_reset_by_an_abort_with_a_reason(TransportUnderTest transport)
    {
        byte[] bytes = new byte[8_000_000];
        await using BareListener listener =
            await BareListener.BindAsync(transport, settings: new TransportSettings { MaxWriteBufferSize = bytes.Length + 1 });
        await using BareListener.Pair pair = await listener.ConnectAsync(receiveBuffer: 4096);
        pair.Client.ShutdownSend();
        Assert.Equal("", await pair.Server.ReadToEndAsync());
        await pair.Server.Transport.Output.WriteAsync(bytes, Deadline.Token);
        pair.Server.Abort(null!);
        pair.Server.Abort(new ConnectionAbortedException("The time is up."));
        await pair.Server.DisposeAsync().WithinDeadline();
        await pair.Client.ExpectResetAsync();
    }

    /// <summary>
    /// A client that has left looks the same as one that has only ended its direction: RequestAborted must not wait for ever.
    /// </summary>
    [Theory, Transports(Variants = true)]
    public async Task RequestAborted_fires_for_a_handler_that_does_not_answer(TransportUnderTest transport)
    {
        TaskCompletionSource aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using WebServer server = await WebServer.StartAsync(transport, async context =>
        {
            await using CancellationTokenRegistration registration = context.RequestAborted.Register(aborted.SetResult);
            await aborted.Task;
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        client.ShutdownSend();
        await aborted.Task.WithinDeadline();
        await client.DrainAsync();
    }

    private static async Task<byte[]> AskAsync(RawClient client)
    {
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        client.ShutdownSend();
        return await client.ReceiveToEndAsync();
    }

    private static async Task<byte[]> AskOverTlsAsync(RawClient client)
    {
        await using NetworkStream network = new(client.Socket, ownsSocket: false);
        await using SslStream tls = new(network, leaveInnerStreamOpen: true,
            (_, certificate, _, _) => certificate?.GetCertHashString() == Certificate.GetCertHashString());
        await tls.AuthenticateAsClientAsync("localhost").WithinDeadline();
        await tls.WriteAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), Deadline.Token);
        client.ShutdownSend();
        using MemoryStream response = new();
        await tls.CopyToAsync(response, Deadline.Token);
        return response.ToArray();
    }

    private static X509Certificate2 MakeCertificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
