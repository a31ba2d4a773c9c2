using System.Globalization;
using Soak.Measuring;
using Soak.Reporting;
using Soak.Server;

namespace Soak.Load;

/// <summary>What every soak has: the server, the counts, the samples, and the verdicts at the end.</summary>
internal sealed class SoakRun(SoakPlan plan, ServerProcess server, string? served)
{
    private static readonly TimeSpan SampleInterval = TimeSpan.FromSeconds(5);

    /// <summary>JIT code, pools and caches settle within the first rounds; a leak of a page a second shows within half an hour.</summary>
    private const double MemoryShare = 0.10;
    private const double MemoryLeast = 24 << 20;
    private const double HeapLeast = 8 << 20;

    /// <summary>One checkpoint in four is warm-up.</summary>
    private const int WarmUpShare = 4;
    private const int FewestCompared = 6;

    public SoakPlan Plan => plan;

    public ServerProcess Server => server;

    public Tally Tally { get; } = new();

    public ServerProbe Probe { get; } = new(server, served);

    /// <summary>Taken while the load runs.</summary>
    public List<Sample> Samples { get; } = [];

    /// <summary>Taken with no client connected, after garbage collections.</summary>
    public List<Sample> Checkpoints { get; } = [];

    public List<Verdict> Verdicts { get; } = [];

    /// <summary>Threads that may be there at the end and were not at the first checkpoint: the pool's come and go.</summary>
    public static int ThreadAllowance => 4 + (2 * Environment.ProcessorCount);

    /// <summary>Samples until <paramref name="stop"/>.</summary>
    public async Task SampleAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested && !server.HasExited)
        {
            Sample sample = await Probe.SampleAsync();
            Samples.Add(sample);
            long requests = Tally.Kinds.Values.Sum(kind => kind.Requests);
            long errors = Tally.Kinds.Values.Sum(kind => kind.Errors);
            string connections = sample.Status?.Connections.ToString(CultureInfo.InvariantCulture) ?? "no answer:";
            Progress.Say($"{sample.At:hh\\:mm\\:ss}  {requests:N0} requests, {errors} errors, {connections} connections, "
                + $"PSS {sample.Pss >> 20} MiB, {sample.Threads} threads, {sample.DescriptorCount} descriptors, "
                + $"{sample.Status?.Faults ?? 0:N0} faults");
            try
            {
                await Task.Delay(SampleInterval, stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Waits for the connections to close and samples what is left.</summary>
    public async Task CheckpointAsync()
    {
        (Sample sample, long left) = await Drain.WaitAsync(Probe);
        Checkpoints.Add(sample);
        Progress.Say($"{sample.At:hh\\:mm\\:ss}  checkpoint: {left} connections left, PSS {sample.Pss >> 20} MiB, "
            + $"heap {sample.Status!.HeapBytes >> 20} MiB, {sample.Threads} threads, {sample.DescriptorCount} descriptors");
        if (left > 0)
        {
            Verdicts.Add(new Verdict("Connections closed", false,
                $"{left} were open a minute after their clients had left, at {sample.At:hh\\:mm\\:ss}; "
                + $"requests under way: {string.Join(", ", sample.Status!.UnderWay)}"));
        }
    }

    /// <summary>Judges the samples by themselves, for a load that does not change while they are taken.</summary>
    public void JudgeSteadyLoad()
        => JudgeGrowth(
            "Memory (PSS) does not grow under a steady load", [.. Samples.Select(sample => (double)sample.Pss)], MemoryLeast, "samples");

    /// <summary>Judges the whole run; the server stops.</summary>
    public async Task<bool> EndAsync()
    {
        Verdicts.Add(new Verdict("Every request answered, every byte right", Tally.Errors.Count == 0,
            $"{Tally.Errors.Values.Sum()} errors"));
        if (server.HasExited)
        {
            Verdicts.Add(new Verdict("Server runs", false, $"it ended by itself, exit code {server.ExitCode}"));
            return false;
        }

        if (Checkpoints.Count > 1)
        {
            await JudgeLeaksAsync();
        }

        TimeSpan? stopped = await server.StopAsync();
        Verdicts.Add(new Verdict("Server stops", stopped is not null && server.ExitCode == 0,
            stopped is { } took ? $"exit code {server.ExitCode} after {took.TotalSeconds:0.0} s" : "it had not stopped after 40 s"));
        Verdicts.Add(new Verdict("No errors logged", server.Errors == 0, $"{server.Errors} errors, {server.Warnings} warnings"));
        return Verdicts.TrueForAll(verdict => verdict.Holds);
    }

    private async Task JudgeLeaksAsync()
    {
        // The first checkpoint ends the warm-up.
        Sample first = Checkpoints[0];
        Checkpoints[^1] = await Drain.SettleAsync(Probe, first, Checkpoints[^1], ThreadAllowance);
        Sample last = Checkpoints[^1];
        IReadOnlyList<string> descriptors = Leaks.Descriptors(first, last);
        Verdicts.Add(new Verdict("No descriptor leaked", descriptors.Count == 0,
            descriptors.Count == 0 ? $"{last.DescriptorCount} at the end, {first.DescriptorCount} after the warm-up"
                : string.Join(", ", descriptors)));
        Verdicts.Add(new Verdict("No thread leaked", last.Threads <= first.Threads + ThreadAllowance,
            $"{last.Threads} at the end, {first.Threads} after the warm-up, {ThreadAllowance} more allowed"));
        if (!Verdicts.Exists(verdict => verdict.Name == "Connections closed"))
        {
            Verdicts.Add(new Verdict("Connections closed", true, "none open at any checkpoint"));
        }

        Sample[] compared = [.. Checkpoints.Skip(Checkpoints.Count / WarmUpShare)];
        JudgeGrowth("Memory (PSS) does not grow", [.. compared.Select(sample => (double)sample.Pss)], MemoryLeast);
        JudgeGrowth("Managed heap does not grow", [.. compared.Select(sample => (double)sample.Status!.HeapBytes)], HeapLeast);
    }

    private void JudgeGrowth(string name, IReadOnlyList<double> values, double least, string what = "checkpoints")
    {
        if (values.Count < FewestCompared)
        {
            Verdicts.Add(new Verdict(name, true, $"not judged: {values.Count} {what} after the warm-up, {FewestCompared} are needed"));
            return;
        }

        Growth growth = Growth.Of(values, MemoryShare, least);
        string medians = string.Create(CultureInfo.InvariantCulture,
            $"first third {growth.First / (1 << 20):0.0} MiB, last third {growth.Last / (1 << 20):0.0} MiB (medians of {what})");
        string allowed = string.Create(CultureInfo.InvariantCulture, $"{growth.Allowance / (1 << 20):0.0} MiB more allowed");
        Verdicts.Add(new Verdict(name, growth.IsWithin, $"{medians}, {allowed}"));
    }
}
