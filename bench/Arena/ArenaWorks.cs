using System.Globalization;
using Bench.Clients;
using Bench.Load;
using Bench.Works;

namespace Bench.Arena;

/// <summary>
/// The works of <c>bench arena</c>: the profiles of the public board. They have the requests of the board; numbers of connections and
/// rates are those of a small machine.
/// </summary>
internal static class ArenaWorks
{
    private const string Sum = "/baseline11?a=13&b=42", Sum2 = "/baseline2?a=13&b=42";

    /// <summary>The group names of <c>--works</c>.</summary>
    public static readonly IReadOnlyDictionary<string, Func<Work, bool>> Groups = new Dictionary<string, Func<Work, bool>>
    {
        ["h1"] = work => !IsHttp2(work) && !IsWebSocket(work) && !IsRate(work),
        ["h2"] = IsHttp2,
        ["ws"] = IsWebSocket,
        ["rates"] = IsRate,
    };

    /// <param name="idle">Idle connections held during every load.</param>
    public static IReadOnlyList<Work> List(int idle) =>
    [
        .. Http1().Concat(Http2()).Concat(WebSockets()).Concat(Rates())
            .Select(work => work with { Idle = idle, ServerArguments = ArenaData.ServerArguments }),
    ];

    private static IEnumerable<LoadWork> Http1() =>
    [
        Of("baseline", "GET and POST /baseline11, with Content-Length and chunked, 512 connections",
            new Wrk(Sum, 512) { Script = "arena-baseline.lua" }),
        Of("pipelined", "GET /pipeline, 16 requests in one write, 512 connections", new Wrk("/pipeline", 512) { Script = "pipeline.lua" }),
        Of("limited-conn", "GET /baseline11, a new connection after 10 requests, 512 connections",
            OwnLoad.Closed(Exchange.Get(Sum), 512, requestsPerConnection: 10)),
        Of("async", "GET /delay/15: a handler that awaits 15 ms, 1,024 connections", new Wrk("/delay/15", 1024)),
        Of("json", "GET /json/COUNT?m=N, seven pairs, 512 connections", Json(512)),
        Of("json-comp", "the same compressed, three pairs, 64 connections",
            Json(64) with { Arguments = ["25:4,40:8,50:6", "gzip, br"] }),
        Of("json-tls", "the same as json over TLS, 64 connections", Json(64) with { Tls = true }),
        Of("upload", "POST /upload of 2 MiB, 16 connections", Post("/upload", 2 << 20, 16)),
        Of("echo-tls", "POST /echo of 10 KiB over TLS, 64 connections", Post("/echo", 10 << 10, 64) with { Tls = true }),
        Of("static", "GET of 20 files of 1 to 200 KiB by UseStaticFiles, 512 connections", Static(512)),
        Of("static-tls", "the same over TLS, 64 connections", Static(64) with { Tls = true }),
    ];

    private static IEnumerable<LoadWork> Http2() =>
    [
        Of("baseline-h2", "GET /baseline2 over HTTP/2 and TLS, 32 connections of 32 streams", new H2load(Sum2, 32, 32) { Tls = true }),
        Of("static-h2", "GET of a file of 20 KiB over HTTP/2 and TLS, 32 connections of 32 streams",
            new H2load(ArenaData.MediumFile, 32, 32) { Tls = true }),
        Of("baseline-h2c", "GET /baseline2 over HTTP/2, 32 connections of 32 streams", new H2load(Sum2, 32, 32)),
        Of("json-h2c", "GET /json/10?m=2 over HTTP/2, 32 connections of 32 streams", new H2load("/json/10?m=2", 32, 32)),
    ];

    private static IEnumerable<LoadWork> WebSockets() =>
    [
        Of("echo-ws", "WebSocket echo of 5 bytes, 512 connections", OwnLoad.Closed(new WebSocketExchange("hello"), 512)),
        Of("echo-ws-limited", "the same, a new connection after 10 messages, 512 connections",
            OwnLoad.Closed(new WebSocketExchange("hello"), 512, requestsPerConnection: 10)),
    ];

    private static IEnumerable<LoadWork> Rates() => [Rate("latency-1k", 1000, 5), Rate("latency-10k", 10_000, 2)];

    private static LoadWork Rate(string name, double rate, double seconds) => new(
        name, $"GET /baseline11, open loop at {rate.ToString("N0", CultureInfo.InvariantCulture)} requests/s over 256 connections",
        OwnLoad.Open(Exchange.Get(Sum), 256, rate), Headline.Cpu)
    {
        OpenLoop = true,
        Also = [Headline.FarTail],
        MinimumWindow = TimeSpan.FromSeconds(seconds),
    };

    private static Wrk Json(int connections) => new("/json/1?m=3", connections)
    {
        Script = "arena-json.lua",
        Arguments = ["1:3,5:7,10:2,15:5,25:4,40:8,50:6"],
    };

    private static Wrk Static(int connections) =>
        new(ArenaData.MediumFile, connections) { Script = "arena-static.lua", Arguments = ArenaData.FilePaths };

    private static Wrk Post(string path, int bytes, int connections) =>
        new(path, connections) { Script = "post.lua", Arguments = [bytes.ToString(CultureInfo.InvariantCulture)] };

    private static LoadWork Of(string name, string description, ILoad load) => new(name, description, load, Headline.Cpu);

    private static bool IsHttp2(Work work) => work.Name.Contains("-h2", StringComparison.Ordinal);

    private static bool IsWebSocket(Work work) => work.Name.StartsWith("echo-ws", StringComparison.Ordinal);

    private static bool IsRate(Work work) => work.Name.StartsWith("latency-", StringComparison.Ordinal);
}
