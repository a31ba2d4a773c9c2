using System.Globalization;

namespace Bench.Servers;

/// <summary>An application in samples/ that the bench measures.</summary>
/// <param name="Name">The name of its project.</param>
/// <param name="Listen">Returns the arguments that make it listen on three ports: HTTP/1.1, HTTP/2 with prior knowledge, https.</param>
/// <param name="Reports">Whether it reports statistics of its process at <c>/transport</c>.</param>
internal sealed record SampleApp(string Name, Func<int, int, int, string[]> Listen, bool Reports)
{
    public static readonly SampleApp WebApp = new("WebApp", ListenByUrl, Reports: true);

    public static readonly SampleApp Arena = new("Arena", ListenByPort, Reports: false);

    /// <summary>The path of the built application.</summary>
    public string Path => System.IO.Path.Combine(Repository.Root, $"samples/{Name}/bin/Release/net10.0/{Name}.dll");

    private static string[] ListenByUrl(int http, int http2, int https) =>
    [
        "--Kestrel:Endpoints:Http:Url", $"http://127.0.0.1:{http}", "--Kestrel:Endpoints:Http:Protocols", "Http1",
        "--Kestrel:Endpoints:Http2:Url", $"http://127.0.0.1:{http2}", "--Kestrel:Endpoints:Http2:Protocols", "Http2",
        "--Kestrel:Endpoints:Https:Url", $"https://127.0.0.1:{https}",
    ];

    private static string[] ListenByPort(int http, int http2, int https) =>
    [
        "--loopback", "true", "--http", Text(http), "--http2", Text(http2), "--https", Text(https), "--http-tls", Text(Server.FreePort()),
    ];

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
