using System.Globalization;
using System.Text.Json;
using Bench.Servers;

namespace Bench.Load;

/// <summary>wrk: the closed loop over HTTP/1.1, with or without TLS.</summary>
/// <param name="Path">What to ask for.</param>
/// <param name="Connections">Keep-alive connections, each with one request (or one batch) under way.</param>
internal sealed record Wrk(string Path, int Connections) : ILoad
{
    /// <summary>A file of Load/Scripts that makes the requests.</summary>
    public string Script { get; init; } = "get.lua";

    public IReadOnlyList<string> Arguments { get; init; } = [];

    public bool Tls { get; init; }

    public Tool Needs => Tool.Wrk;

    public async Task<LoadResult> RunAsync(Server server, TimeSpan duration, Action<ILoadControl> started, CancellationToken cancellation)
    {
        string url = (Tls ? server.Https : server.Http) + Path;
        string seconds = ((int)Math.Ceiling(duration.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        using TemporaryFile script = TemporaryScript();
        string[] command =
        [
            "wrk", "-t1", $"-c{Connections}", $"-d{seconds}s", "--timeout", "10s", "-s", script.Path, url, "--", .. Arguments,
        ];
        ChildProcess.Ended run = await ChildProcess.RunAsync(Cpus.Client.Pin(command), process => started(new ProcessControl(process)), cancellation);

        string? line = run.Output.Split('\n').LastOrDefault(text => text.StartsWith("BENCH ", StringComparison.Ordinal));
        if (run.ExitCode != 0 || line is null)
        {
            return new LoadResult { Requests = 0, Seconds = duration.TotalSeconds, Error = $"wrk ended with {run.ExitCode}: {run.LastWords}" };
        }

        Report report = JsonSerializer.Deserialize<Report>(line["BENCH ".Length..], JsonSerializerOptions.Web)!;
        return new LoadResult
        {
            Requests = report.Requests,
            Seconds = report.Microseconds / 1e6,
            Bytes = report.Bytes,
            Latency = report.Max is { } max ? new LatencySummary(report.P50, report.P90, report.P99, report.P999, max) : null,
            Error = report.Requests == 0 ? "wrk got no answer at all" : report.ErrorText(),
        };
    }

    /// <summary>wrk takes one script: the requests' and the report's, one after the other, and what the report cannot know.</summary>
    private TemporaryFile TemporaryScript()
    {
        string folder = System.IO.Path.Combine(AppContext.BaseDirectory, "Load", "Scripts");
        string requests = File.ReadAllText(System.IO.Path.Combine(folder, Script));
        string report = File.ReadAllText(System.IO.Path.Combine(folder, "report.lua"));
        return TemporaryFile.Write(string.Create(CultureInfo.InvariantCulture, $"{requests}\nconnections = {Connections}\n{report}"), ".lua");
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
            return bad.Length == 0 ? null : $"wrk saw {string.Join(", ", bad)}";
        }
    }
}
