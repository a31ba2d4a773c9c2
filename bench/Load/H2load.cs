using System.Globalization;
using System.Text.RegularExpressions;
using Bench.Servers;

namespace Bench.Load;

/// <summary>
/// h2load: the closed loop over HTTP/2, cleartext with prior knowledge. It tells no percentiles, but can write down every request.
/// </summary>
/// <param name="Path">What to ask for.</param>
/// <param name="Connections">Connections held.</param>
/// <param name="Streams">Requests under way on each.</param>
internal sealed partial record H2load(string Path, int Connections, int Streams) : ILoad
{
    public Tool Needs => Tool.H2load;

    public async Task<LoadResult> RunAsync(Server server, TimeSpan duration, Action<ILoadControl> started, CancellationToken cancellation)
    {
        int seconds = (int)Math.Ceiling(duration.TotalSeconds);
        using TemporaryFile log = TemporaryFile.Write("", ".log");
        string[] command =
        [
            "h2load", "-t1", $"-c{Connections}", $"-m{Streams}", "-D", seconds.ToString(CultureInfo.InvariantCulture), $"--log-file={log.Path}", server.Http2 + Path,
        ];
        ChildProcess.Ended run = await ChildProcess.RunAsync(Cpus.Client.Pin(command), process => started(new ProcessControl(process)), cancellation);

        Match finished = Finished().Match(run.Output);
        Match counts = Counts().Match(run.Output);
        if (run.ExitCode != 0 || !finished.Success || !counts.Success)
        {
            return new LoadResult { Requests = 0, Seconds = duration.TotalSeconds, Error = $"h2load ended with {run.ExitCode}: {run.LastWords}" };
        }

        long succeeded = Number(counts, "succeeded");
        long bad = Number(counts, "failed") + Number(counts, "errored") + Number(counts, "timeout");
        return new LoadResult
        {
            Requests = succeeded,
            Seconds = seconds,
            Latency = ReadLatencies(File.ReadLines(log.Path)),
            Error = succeeded == 0 ? "h2load got no answer at all" : bad > 0 ? $"h2load saw {bad} failed requests" : null,
        };

        static long Number(Match match, string group) => long.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);
    }

    /// <summary>A line a request: start, status, and microseconds until the end of the response, with tabs between.</summary>
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
