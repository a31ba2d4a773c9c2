using System.Net;
using System.Net.Http.Headers;
using Soak.Clients.Protocol;
using Soak.Measuring;

namespace Soak.Clients;

/// <summary>Concurrent streams of HTTP/2 on one connection, with and without TLS; some are reset by the client.</summary>
internal sealed class Http2Client(ClientContext context, bool tls) : Client(context)
{
    private HttpClient? _http;

    protected override async Task StepAsync(CancellationToken cancellation)
    {
        _http ??= Connect();
        int streams = Random.Next(1, 12);
        // Chosen here: Random is not for several tasks at once.
        Task[] requests = [.. Enumerable.Range(0, streams)
            .Select(_ => RequestAsync(_http, Random.Next(6), Size(), Random.Next(60_000), cancellation))];
        await Task.WhenAll(requests);
        if (Random.Next(20) == 0)
        {
            Release();
        }
    }

    protected override void Release()
    {
        _http?.Dispose();
        _http = null;
    }

    private HttpClient Connect() => new(new SocketsHttpHandler { UseProxy = false, SslOptions = ClientTls.Options() })
    {
        BaseAddress = new Uri(tls ? $"https://{Context.Server.Https}" : $"http://{Context.Server.Http2}"),
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>HttpClient's default version does not reach requests that are made by hand.</summary>
    private static HttpRequestMessage Request(HttpMethod method, string path)
        => new(method, path) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

    private Task RequestAsync(HttpClient http, int what, int size, int key, CancellationToken cancellation) => what switch
    {
        0 => ResetAsync(http, cancellation),
        1 => EchoAsync(http, size, key, cancellation),
        2 => FileAsync(http, key, cancellation),
        _ => GetAsync(http, size, key, cancellation),
    };

    private async Task GetAsync(HttpClient http, int size, int key, CancellationToken cancellation)
    {
        using HttpRequestMessage request = Request(HttpMethod.Get, $"/bytes?n={size}&key={key}");
        await ExchangeAsync(http, request, HttpStatusCode.OK, new PatternCheck(key, size), cancellation);
        Tally.Add(size);
    }

    private async Task EchoAsync(HttpClient http, int size, int key, CancellationToken cancellation)
    {
        using HttpRequestMessage request = Request(HttpMethod.Post, "/echo");
        request.Content = new PatternContent(size, key);
        await ExchangeAsync(http, request, HttpStatusCode.OK, new PatternCheck(key, size), cancellation);
        Tally.Add(size * 2L);
    }

    private async Task FileAsync(HttpClient http, int number, CancellationToken cancellation)
    {
        SoakFile file = Context.Files.Files[1 + (number % (Context.Files.Files.Count - 1))];
        long first = number % file.Length;
        long last = Math.Min(file.Length - 1, first + (number * 10L));
        using HttpRequestMessage request = Request(HttpMethod.Get, file.Path);
        request.Headers.Range = new RangeHeaderValue(first, last);
        await ExchangeAsync(http, request, HttpStatusCode.PartialContent, new PatternCheck(file.Key + first, last - first + 1),
            cancellation);
        Tally.Add(last - first + 1);
    }

    private static async Task ExchangeAsync(HttpClient http, HttpRequestMessage request, HttpStatusCode status, BodyCheck check,
        CancellationToken cancellation)
    {
        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (response.StatusCode != status)
        {
            throw new WrongAnswerException($"status {(int)response.StatusCode}",
                $"Status {(int)response.StatusCode} where {(int)status} was expected.");
        }

        await using Stream body = await response.Content.ReadAsStreamAsync(cancellation);
        byte[] buffer = new byte[16 * 1024];
        while (await body.ReadAsync(buffer, cancellation) is int count and > 0)
        {
            check.Next(buffer.AsSpan(0, count));
        }

        check.End();
    }

    /// <summary>RST_STREAM in the middle of a response; the other streams go on.</summary>
    private async Task ResetAsync(HttpClient http, CancellationToken cancellation)
    {
        using HttpRequestMessage request = Request(HttpMethod.Get, "/bytes?n=5000000");
        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellation);
        await body.ReadExactlyAsync(new byte[1000], cancellation);
        Tally.AddAbort();
    }
}
