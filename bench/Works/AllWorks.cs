using Bench.Load;

namespace Bench.Works;

/// <summary>Every work that <c>bench ab --work</c> knows, in the order of the table that it prints.</summary>
internal static class AllWorks
{
    /// <summary>What runs when nothing is asked for: the four that say most.</summary>
    public static readonly IReadOnlyList<string> Default = ["plaintext", "plaintext-512", "pipelined", "churn"];

    /// <param name="rate">Requests a second of the open-loop works.</param>
    /// <param name="idle">Idle connections held beside every load.</param>
    public static IReadOnlyList<Work> List(double rate, int idle) =>
        [.. Every(rate).Select(work => work is LoadWork load ? load with { Idle = idle } : work)];

    private static IReadOnlyList<Work> Every(double rate) =>
    [
        Http("plaintext", "GET /plaintext, 64 keep-alive connections", new Wrk("/plaintext", 64)),
        Http("plaintext-512", "GET /plaintext, 512 keep-alive connections", new Wrk("/plaintext", 512)),
        Http("json", "GET /json through routing, 64 connections", new Wrk("/json", 64)),
        Http("pipelined", "GET /plaintext, 16 requests in one write, 64 connections", new Wrk("/plaintext", 64) { Script = "pipeline.lua" }),
        Http("echo-1k", "POST /echo of 1 KiB, 64 connections", Post("/echo", 1024, 64)),
        Http("echo-64k", "POST /echo of 64 KiB, 32 connections", Post("/echo", 65536, 32)),
        Http("upload", "POST /upload of 1 MiB (with SHA-256), 8 connections", Post("/upload", 1 << 20, 8)),
        Http("download", "GET /stream of 1 MiB, 8 connections", new Wrk("/stream?bytes=1048576", 8)),
        Http("churn", "GET /plaintext with Connection: close, 32 at a time", new Wrk("/plaintext", 32) { Script = "close.lua" }),
        Http("reconnect", "GET /plaintext, a new connection after ten requests, 64 at a time", new Wrk("/plaintext", 64) { Script = "reconnect.lua" }),
        Http("tls", "GET /plaintext over TLS, 64 connections", new Wrk("/plaintext", 64) { Tls = true }),
        Http("http2", "GET /plaintext over HTTP/2, 8 connections of 16 streams", new H2load("/plaintext", 8, 16)),
        Http("websocket", "WebSocket echo of 512 bytes, 64 connections", OwnLoad.Closed(new WebSocketExchange(512), 64)),
        Http("mixed", "plaintext, JSON, echoes and downloads, 64 connections", new Wrk("/plaintext", 64) { Script = "mixed.lua" }),
        new LoadWork("steady", $"GET /plaintext, open loop at {rate:N0} a second, 64 connections",
            OwnLoad.Open(Exchange.Get("/plaintext"), 64, rate), Headline.Tail),
        new LoadWork("blocked", "GET /plaintext 400 times a second on 4 connections, beside 8 clients of /block?ms=200, all processors",
            new BesideBlockers("/block?ms=200", 8, OwnLoad.Open(Exchange.Get("/plaintext"), 4, 400)), Headline.Tail)
        {
            // The blocked handlers make the thread pool grow, and it stays so for a while: every cell starts from a process that has not
            // seen any.
            Spread = true,
            WarmLoad = OwnLoad.Open(Exchange.Get("/plaintext"), 4, 400),
            AtLeast = TimeSpan.FromSeconds(8),
        },
        new MemoryWork("idle", "memory of 2,000 idle keep-alive connections", 2000),
    ];

    private static LoadWork Http(string name, string says, ILoad load) => new(name, says, load, Headline.Cpu);

    private static Wrk Post(string path, int bytes, int connections) =>
        new(path, connections) { Script = "post.lua", Arguments = [bytes.ToString(System.Globalization.CultureInfo.InvariantCulture)] };
}
