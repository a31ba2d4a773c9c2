using System.Globalization;
using Bench.Clients;
using Bench.Load;

namespace Bench.Works;

/// <summary>The works of <c>bench ab --work</c>, in the order in which results list them.</summary>
internal static class AllWorks
{
    /// <summary>The works that run by default.</summary>
    public static readonly IReadOnlyList<string> Default = ["keepalive-64", "keepalive-512", "pipelined", "churn"];

    /// <summary>The group of the works that have goals.</summary>
    public const string Table = "table";

    /// <summary>The group names of <c>--work</c>; <c>plaintext</c> and <c>plaintext-512</c> are former names of works.</summary>
    public static readonly IReadOnlyDictionary<string, Func<Work, bool>> Groups = new Dictionary<string, Func<Work, bool>>
    {
        [Table] = work => Goals.Works.Contains(work.Name),
        ["plaintext"] = work => work.Name == "keepalive-64",
        ["plaintext-512"] = work => work.Name == "keepalive-512",
        ["keepalive"] = work => work.Name.StartsWith("keepalive-", StringComparison.Ordinal),
        ["static"] = work => work.Name.StartsWith("static-", StringComparison.Ordinal),
        ["stream"] = work => work.Name.StartsWith("stream-", StringComparison.Ordinal),
        ["compute"] = work => work.Name.StartsWith("compute-", StringComparison.Ordinal),
    };

    /// <param name="rate">Requests per second of the work <c>steady</c>.</param>
    /// <param name="idle">Idle connections held during every load.</param>
    public static IReadOnlyList<Work> List(double rate, int idle) =>
    [
        .. Connections().Concat(Payloads()).Concat(StaticFileWorks.All).Concat(Protocols()).Concat(Rates(rate)).Concat(Handlers())
            .Select(work => work with { Idle = idle }),
        new MemoryWork("idle", "memory of 2,000 idle keep-alive connections", 2000),
        new MemoryWork("idle-15k", "memory of 15,000 idle keep-alive connections, after full collections", 15_000) { Collected = true },
    ];

    private static IEnumerable<LoadWork> Connections() =>
    [
        Http("keepalive-1", "GET /plaintext, 1 keep-alive connection", new Wrk("/plaintext", 1)),
        Http("keepalive-4", "GET /plaintext, 4 keep-alive connections", new Wrk("/plaintext", 4)),
        Http("keepalive-16", "GET /plaintext, 16 keep-alive connections", new Wrk("/plaintext", 16)),
        Http("keepalive-64", "GET /plaintext, 64 keep-alive connections", new Wrk("/plaintext", 64)),
        Http("keepalive-512", "GET /plaintext, 512 keep-alive connections", new Wrk("/plaintext", 512)),
        Http("pipelined", "GET /plaintext, 16 requests in one write, 64 connections", new Wrk("/plaintext", 64)
        {
            Script = "pipeline.lua",
        }),
        Http("churn", "GET /plaintext with Connection: close, 32 connections", new Wrk("/plaintext", 32) { Script = "close.lua" }),
        Http("limited", "GET /plaintext, a new connection after exactly 10 requests, 64 connections",
            OwnLoad.Closed(Exchange.Get("/plaintext"), 64, requestsPerConnection: 10)),
        Http("reconnect", "GET /plaintext, a new connection after 10 requests on average, 64 connections",
            new Wrk("/plaintext", 64) { Script = "reconnect.lua" }),
    ];

    private static IEnumerable<LoadWork> Payloads() =>
    [
        Http("json", "GET /json through routing, 64 connections", new Wrk("/json", 64)),
        Http("echo-1k", "POST /echo of 1 KiB, 64 connections", Post("/echo", 1024, 64)),
        Http("echo-64k", "POST /echo of 64 KiB, 32 connections", Post("/echo", 65536, 32)),
        Http("upload", "POST /upload of 1 MiB (with SHA-256), 8 connections", Post("/upload", 1 << 20, 8)),
        Http("download", "GET /stream of 1 MiB, 8 connections", new Wrk("/stream?bytes=1048576", 8)),
        Http("stream-4k", "GET /stream of 256 KiB, flushed every 4 KiB, 16 connections", new Wrk("/stream?bytes=262144&flush=4096", 16)),
        Http("stream-16k", "GET /stream of 256 KiB, flushed every 16 KiB, 16 connections", new Wrk("/stream?bytes=262144&flush=16384", 16)),
        Http("stream-64k", "GET /stream of 256 KiB, flushed every 64 KiB, 16 connections", new Wrk("/stream?bytes=262144&flush=65536", 16)),
        Http("stream-events", "GET /events of 100 server-sent events, 16 connections", new Wrk("/events?count=100", 16)),
        Http("stream-json", "GET /items: an IAsyncEnumerable of 1,000 objects as JSON, 16 connections", new Wrk("/items?count=1000", 16)),
        Http("mixed", "plaintext, JSON, echoes and downloads, 64 connections", new Wrk("/plaintext", 64) { Script = "mixed.lua" }),
    ];

    private static IEnumerable<LoadWork> Protocols() =>
    [
        Http("tls", "GET /plaintext over TLS, 64 connections", new Wrk("/plaintext", 64) { Tls = true }),
        Http("http2", "GET /plaintext over HTTP/2, 8 connections of 16 streams", new H2load("/plaintext", 8, 16)),
        Http("http2-tls", "GET /plaintext over HTTP/2 and TLS, 8 connections of 16 streams", new H2load("/plaintext", 8, 16)
        {
            Tls = true,
        }),
        Http("http2-1x100", "GET /plaintext over HTTP/2 and TLS, 1 connection of 100 streams", new H2load("/plaintext", 1, 100)
        {
            Tls = true,
        }),
        Http("http2-256k", "GET /stream of 256 KiB over HTTP/2 and TLS, 4 connections of 8 streams",
            new H2load("/stream?bytes=262144", 4, 8) { Tls = true }),
        Http("websocket", "WebSocket echo of 512 bytes, 64 connections", OwnLoad.Closed(new WebSocketExchange(512), 64)),
    ];

    private static IEnumerable<LoadWork> Rates(double rate) =>
    [
        Steady("steady", rate, []),
        Steady("steady-1k", 1000, [Headline.FarTail]) with { MinimumWindow = TimeSpan.FromSeconds(5) },   // 5,000 samples for a p99.9
        Steady("steady-10k", 10_000, [Headline.FarTail]) with { MinimumWindow = TimeSpan.FromSeconds(2) },
    ];

    private static IEnumerable<LoadWork> Handlers() =>
    [
        Http("delay", "GET /delay?ms=2: a handler that awaits 2 ms, 64 connections", new Wrk("/delay?ms=2", 64)),
        Http("compute-100us", "GET /spin?us=100: a handler that computes for 100 µs, 16 connections", new Wrk("/spin?us=100", 16)),
        Http("compute-2ms", "GET /spin?us=2000: a handler that computes for 2 ms, 16 connections", new Wrk("/spin?us=2000", 16)),
        new LoadWork("blocked", "GET /plaintext at 400 requests/s on 4 connections, beside 8 clients of /block?ms=200, all processors",
            new BesideBlockers("/block?ms=200", 8, OwnLoad.Open(Exchange.Get("/plaintext"), 4, 400, splitFirstSecond: true)),
            Headline.LateTail)
        {
            Also = [Headline.EarlyTail],
            // Blocked handlers make the thread pool grow for a while, so every cell needs a new process.
            Spread = true,
            OpenLoop = true,
            NeedsNewProcess = true,
            WarmLoad = OwnLoad.Open(Exchange.Get("/plaintext"), 4, 400),
            MinimumWindow = TimeSpan.FromSeconds(8),
        },
    ];

    /// <summary>The work <c>steady</c> is judged by its p99; the works with a rate in their name by CPU time and p99.9.</summary>
    private static LoadWork Steady(string name, double rate, IReadOnlyList<Headline> also) => new(
        name, $"GET /plaintext, open loop at {rate.ToString("N0", CultureInfo.InvariantCulture)} requests/s over 64 connections",
        OwnLoad.Open(Exchange.Get("/plaintext"), 64, rate), also.Count > 0 ? Headline.Cpu : Headline.Tail)
    {
        OpenLoop = true,
        Also = also,
    };

    private static LoadWork Http(string name, string description, ILoad load) => new(name, description, load, Headline.Cpu);

    private static Wrk Post(string path, int bytes, int connections) =>
        new(path, connections) { Script = "post.lua", Arguments = [bytes.ToString(CultureInfo.InvariantCulture)] };
}
