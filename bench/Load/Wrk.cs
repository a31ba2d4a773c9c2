using System.Globalization;
using System.Text.Json;
using Bench.Servers;

namespace Bench.Load;

/// <summary>A closed loop over HTTP/1.1 by wrk(1), with or without TLS.</summary>
/// <param name="Path">The path of the URL.</param>
/// <param name="Connections">The number of connections; each has one request, or one batch of requests, under way.</param>
internal sealed record Wrk(string Path, int Connections) : ILoad
{
    /// <summary>The file in Load/Scripts that makes the requests.</summary>
    public string Script { get; init; } = "get.lua";

    public IReadOnlyList<string> Arguments { get; init; } = [];

    public bool Tls { get; init; }

    public Tool Needs => Tool.Wrk;

    public async Task<LoadResult> RunAsync(Server server, TimeSpan duration, Action<ILoadControl> started, CancellationToken cancellation)
    {
        if (Tls && server.Https is null)
        {
            return LoadResult.Failed(duration, $"{server.Name} has no https end point");
        }

        string url = (Tls ? server.Https : server.Http) + Path;

        // One thread for each processor of the client, so that it can use all of them.
        int threads = Math.Min(server.Cores.Client.Numbers.Count, Connections);
        string seconds = ((int)Math.Ceiling(duration.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        using TemporaryFile script = TemporaryScript();
        string[] command =
        [
            "wrk", $"-t{threads}", $"-c{Connections}", $"-d{seconds}s", "--timeout", "10s", "-s", script.Path, url, "--", .. Arguments,
        ];
        ChildProcess.Ended run = await ChildProcess.RunAsync(
            server.Cores.Client.Pin(command), process => started(new ProcessControl(process)), cancellation);

        string? line = run.Output.Split('\n').LastOrDefault(text => text.StartsWith("BENCH ", StringComparison.Ordinal));
        if (run.ExitCode != 0 || line is null)
        {
            return LoadResult.Failed(duration, $"wrk ended with exit code {run.ExitCode}: {run.LastLine}");
        }

        Report report = JsonSerializer.Deserialize<Report>(line["BENCH ".Length..], JsonSerializerOptions.Web)!;
        return new LoadResult
        {
            Requests = report.Requests,
            Seconds = report.Microseconds / 1e6,
            Bytes = report.Bytes,
            Latency = report.Max is { } max ? new LatencySummary(report.P50, report.P90, report.P99, report.P999, max) : null,
            Error = report.Requests == 0 ? "wrk received no response" : report.ErrorText(),
        };
    }

    /// <summary>wrk takes one script: the script of the requests, the number of connections, and the script of the report.</summary>
    private TemporaryFile TemporaryScript()
    {
        string folder = System.IO.Path.Combine(AppContext.BaseDirectory, "Load", "Scripts");
        string requests = File.ReadAllText(System.IO.Path.Combine(folder, Script));
        string report = File.ReadAllText(System.IO.Path.Combine(folder, "report.lua"));
        return TemporaryFile.Write(string.Create(CultureInfo.InvariantCulture,
            $"{requests}\nconnections = {Connections}\n{report}"), ".lua");
    }

    private sealed record Report(
        long Requests, long Microseconds, long Bytes, long Connect, long Read, long Write, long Status, long Timeout,
        double P50, double P90, double P99, double P999, double? Max)
    {
        public string? ErrorText()
        {
            (string Name, long Count)[] errors =
                [("connect", Connect), ("read", Read), ("write", Write), ("status", Status), ("timeout", Timeout)];
            string[] bad = errors.Where(error => error.Count > 0).Select(error => $"{error.Count} {error.Name} errors").ToArray();
            return bad.Length == 0 ? null : $"wrk counted {string.Join(", ", bad)}";
        }
    }
}
