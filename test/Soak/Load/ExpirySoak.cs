using System.Diagnostics;
using System.Globalization;
using Soak.Clients.Streams;
using Soak.Measuring;
using Soak.Reporting;
using Soak.Server;

namespace Soak.Load;

/// <summary>
/// Idle connections end all at once: by Kestrel's keep-alive timeout, then, opened once more, by a graceful stop. Meanwhile a few
/// requests under way are echoed, and must not be delayed.
/// </summary>
internal static class ExpirySoak
{
    private const int Streams = 4;

    /// <summary>
    /// Bytes that the end of a connection may allocate, Kestrel's own part among them: with Kestrel's own transport it measured 730
    /// for expiry and 810 for the stop.
    /// </summary>
    private const double AllocatedPerConnection = 800;

    private static readonly TimeSpan MostDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Baseline = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(SoakPlan plan, int connections, TimeSpan keepAlive)
    {
        Directory.CreateDirectory(plan.Folder);
        await using ServerProcess server = await ServerProcess.StartAsync(plan.Server() with { KeepAlive = keepAlive });
        SoakRun run = new SoakRun(plan, server, served: null);
        Progress.Say($"{plan.Transport}: process {server.Id}, seed {plan.Seed}, faults {SoakReport.Faults(plan)}");
        try
        {
            // The first round is the warm-up.
            await ExpireAsync(run, connections, verdicts: []);
            await ExpireAsync(run, connections, run.Verdicts);
            await StopAsync(run, connections);
        }
        catch (Exception exception)
        {
            run.Tally.Failed("probe", "expiry", exception);
        }

        return await SoakReport.FinishAsync(run, "expiry", $"{connections:N0} idle connections expire, and are stopped, at once");
    }

    private static async Task ExpireAsync(SoakRun run, int connections, List<Verdict> verdicts)
    {
        using IdleCrowd crowd = new IdleCrowd(run.Server.Ports, run.Tally);
        await crowd.OpenAsync(connections);
        using EchoStreams streams = await EchoStreams.OpenAsync(run.Server.Ports.Http, Streams);
        await crowd.AskAllAsync("asked");
        long quiet = Stopwatch.GetTimestamp();
        long first = (await run.Probe.StatusAsync()).AllocatedBytes;
        await Task.Delay(Baseline);
        long second = (await run.Probe.StatusAsync()).AllocatedBytes;
        Latency before = streams.Between(quiet, Stopwatch.GetTimestamp());
        double perSecond = (second - first) / Stopwatch.GetElapsedTime(quiet).TotalSeconds;

        ServerStatus status;
        long polls = Stopwatch.GetTimestamp();
        do
        {
            await Task.Delay(200);
            status = await run.Probe.StatusAsync();
        }
        while (status.Connections - 1 - Streams >= connections);
        long began = Stopwatch.GetTimestamp() - (Stopwatch.Frequency / 4);
        while (status.Connections - 1 - Streams > 0)
        {
            await Task.Delay(200);
            status = await run.Probe.StatusAsync();
        }

        Latency during = streams.Between(began, Stopwatch.GetTimestamp());
        double allocated = status.AllocatedBytes - second - (perSecond * Stopwatch.GetElapsedTime(polls).TotalSeconds);
        await streams.EndAsync();

        // Their connections would otherwise be idle at the checkpoint, until they too expire.
        streams.Dispose();
        crowd.Close();
        Judge("Expiry", verdicts, allocated, connections, before, during, Stopwatch.GetElapsedTime(began));
        await run.CheckpointAsync();
    }

    /// <summary>On a server of its own: the run's is needed until the report.</summary>
    private static async Task StopAsync(SoakRun run, int connections)
    {
        await using ServerProcess server = await ServerProcess.StartAsync(run.Plan.Server() with { KeepAlive = TimeSpan.FromHours(1) });
        using IdleCrowd crowd = new IdleCrowd(server.Ports, run.Tally);
        await crowd.OpenAsync(connections);
        using EchoStreams streams = await EchoStreams.OpenAsync(server.Ports.Http, Streams);
        long quiet = Stopwatch.GetTimestamp();
        await Task.Delay(Baseline);
        Latency before = streams.Between(quiet, Stopwatch.GetTimestamp());
        long began = Stopwatch.GetTimestamp();
        Task<TimeSpan?> stopping = server.StopAsync();
        // The streams hold the server until they have seen the idle connections end.
        await Task.Delay(Baseline);
        Latency during = streams.Between(began, Stopwatch.GetTimestamp());
        await streams.EndAsync();
        TimeSpan? took = await stopping;
        run.Verdicts.Add(new Verdict("Graceful stop ends", took is not null && server.ExitCode == 0,
            took is { } time
                ? $"exit code {server.ExitCode}, {time.TotalSeconds:0.0} s, {Baseline.TotalSeconds:0} of them held by requests under way"
                : "it had not stopped after 40 s"));
        double allocated = took is null ? double.NaN : await server.AllocatedWhileStoppingAsync();
        Judge("Graceful stop", run.Verdicts, allocated, connections, before, during, took ?? Stopwatch.GetElapsedTime(began));
    }

    private static void Judge(string what, List<Verdict> verdicts, double allocated, int connections, Latency before, Latency during,
        TimeSpan took)
    {
        string text = string.Create(CultureInfo.InvariantCulture,
            $"{allocated / 1048576:0.0} MiB for {connections:N0} connections, {allocated / connections:0} bytes each");
        verdicts.Add(new Verdict($"{what}: allocates little", allocated <= AllocatedPerConnection * connections, text));
        string delay = string.Create(CultureInfo.InvariantCulture,
            $"p50 {before.P50:0.0} and p99 {before.P99:0.0} ms before, "
            + $"{during.P50:0.0} and {during.P99:0.0} ms during {took.TotalSeconds:0.0} s, "
            + $"longest {during.Longest:0} ms, {MostDelay.TotalMilliseconds:0} ms more allowed at p99");
        verdicts.Add(new Verdict($"{what}: others are not delayed", during.P99 <= before.P99 + MostDelay.TotalMilliseconds, delay));
        Progress.Say($"{what}: {text}; {delay}");
    }
}
