using System.Globalization;
using System.Text.RegularExpressions;
using Bench.Servers;

namespace Bench.Load;

/// <summary>
/// A closed loop over HTTP/2 by h2load(1). h2load prints no percentiles, but can log every request.
/// </summary>
/// <param name="Path">The path of the URL.</param>
/// <param name="Connections">The number of connections.</param>
/// <param name="Streams">The number of requests under way on each connection.</param>
internal sealed partial record H2load(string Path, int Connections, int Streams) : ILoad
{
    /// <summary>Whether to use TLS; without it, cleartext with prior knowledge.</summary>
    public bool Tls { get; init; }

    public Tool Needs => Tool.H2load;

    public async Task<LoadResult> RunAsync(Server server, TimeSpan duration, Action<ILoadControl> started, CancellationToken cancellation)
    {
        if ((Tls ? server.Https : server.Http2) is not { } address)
        {
            return LoadResult.Failed(duration, $"{server.Name} has no HTTP/2 end point");
        }

        int threads = Math.Min(server.Cores.Client.Numbers.Count, Connections);
        int seconds = (int)Math.Ceiling(duration.TotalSeconds);
        using TemporaryFile log = TemporaryFile.Write("", ".log");
        string[] command =
        [
            "h2load", $"-t{threads}", $"-c{Connections}", $"-m{Streams}", "-D", seconds.ToString(CultureInfo.InvariantCulture),
            $"--log-file={log.Path}", address + Path,
        ];
        ChildProcess.Ended run = await ChildProcess.RunAsync(
            server.Cores.Client.Pin(command), process => started(new ProcessControl(process)), cancellation);

        Match finished = Finished().Match(run.Output);
        Match counts = Counts().Match(run.Output);
        if (run.ExitCode != 0 || !finished.Success || !counts.Success)
        {
            return LoadResult.Failed(duration, $"h2load ended with exit code {run.ExitCode}: {run.LastLine}");
        }

        long succeeded = Number(counts, "succeeded");
        long bad = Number(counts, "failed") + Number(counts, "errored") + Number(counts, "timeout");
        return new LoadResult
        {
            Requests = succeeded,
            Seconds = seconds,
            Latency = ReadLatencies(File.ReadLines(log.Path)),
            Error = succeeded == 0 ? "h2load received no response" : bad > 0 ? $"h2load counted {bad} failed requests" : null,
        };

        static long Number(Match match, string group) => long.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);
    }

    /// <summary>Reads a log: one line for each request with start, status, and microseconds to the end of the response.</summary>
    internal static LatencySummary? ReadLatencies(IEnumerable<string> lines)
    {
        LatencyHistogram latencies = new LatencyHistogram();
        foreach (string line in lines)
        {
            if (long.TryParse(line.AsSpan(line.LastIndexOf('\t') + 1), CultureInfo.InvariantCulture, out long microseconds))
            {
                latencies.Record(1000 * microseconds);
            }
        }

        return latencies.Count == 0 ? null : LatencySummary.Of(latencies);
    }

    [GeneratedRegex(@"finished in (?<time>\S+), (?<rate>[0-9.]+) req/s")]
    private static partial Regex Finished();

    [GeneratedRegex(@"(?<succeeded>\d+) succeeded, (?<failed>\d+) failed, (?<errored>\d+) errored, (?<timeout>\d+) timeout")]
    private static partial Regex Counts();
}
