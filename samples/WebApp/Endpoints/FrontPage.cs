using System.Net.Mime;

namespace WebApp.Endpoints;

/// <summary><c>GET /</c>: the name of the transport, and links to the other endpoints.</summary>
internal static class FrontPage
{
    public static void MapFrontPage(this IEndpointRouteBuilder app) => app.MapGet("/", Show);

    private static IResult Show(SampleSettings settings) => Results.Content(
        $$"""
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>{{settings.Transport}}: Kestrel transports</title>
        <style>body { font: 1rem/1.5 system-ui; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }
        code { background: #8881 } dd { margin-bottom: .5rem }</style>
        <h1>Served by <code>{{settings.Transport}}</code></h1>
        <p>This is ASP.NET Core on Kestrel, over the <strong>{{settings.Transport}}</strong> transport.
        Select another with <code>--transport {{string.Join("|", Transports.ByName.Keys)}}</code>.</p>
        <dl>
        <dt><a href="/transport">/transport</a><dd>the model, its loops, connections and counters, as JSON
        <dt><a href="/plaintext">/plaintext</a><dd>"Hello, World!", before routing
        <dt><a href="/json">/json</a><dd>the same as JSON
        <dt><a href="/stream?bytes=1048576">/stream?bytes=N</a><dd>N bytes of a known pattern;
        <code>&amp;flush=F</code> flushes every F bytes
        <dt><a href="/events?count=10">/events?count=N</a><dd>N server-sent events
        <dt><a href="/items?count=10">/items?count=N</a><dd>an array of N objects from an <code>IAsyncEnumerable</code>
        <dt><a href="/delay?ms=200">/delay?ms=N</a><dd>a response after N milliseconds
        <dt><a href="/block?ms=200">/block?ms=N</a><dd>the same, blocking a thread
        <dt><a href="/spin?us=5000">/spin?us=N</a><dd>computes for N microseconds
        <dt><a href="/abort">/abort</a><dd>resets the connection
        <dt>POST /echo<dd>streams the body back: <code>curl --data-binary @file …/echo</code>
        <dt>POST /upload<dd>the length and SHA-256 of the body
        <dt>/ws<dd>a WebSocket that echoes every message
        </dl>
        </html>

        """,
        MediaTypeNames.Text.Html);
}
