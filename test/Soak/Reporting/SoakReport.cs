using System.Globalization;
using System.Text;
using Soak.Commands;
using Soak.Load;
using Soak.Server;

namespace Soak.Reporting;

/// <summary>The result of a run as Markdown: printed, and kept in artifacts/soak.</summary>
internal static class SoakReport
{
    /// <returns>The exit code: 0 where every verdict holds, else 1.</returns>
    public static async Task<int> FinishAsync(SoakRun run, string mode, string work)
    {
        bool good = await run.EndAsync();
        DateTime now = DateTime.UtcNow;
        string text = Write(run, good, work, now);
        string file = Path.Combine(run.Plan.Folder,
            string.Create(CultureInfo.InvariantCulture, $"{now:yyyy-MM-dd-HHmmss}-{run.Plan.Transport.Replace('/', '-')}-{mode}.md"));
        await File.WriteAllTextAsync(file, text);
        Console.WriteLine(text);
        Progress.Say($"{(good ? "Passed" : "FAILED")}: {file}");
        return good ? ExitCodes.Good : ExitCodes.Failed;
    }

    /// <summary>Which faults the server's calls meet, in words.</summary>
    public static string Faults(SoakPlan plan)
    {
        TransportUnderTest transport = TransportCatalogue.Get(plan.Transport);
        return plan.Faults == 0 ? "none"
            : FaultPlan.WhyNone(transport) is { } reason ? $"none ({reason})"
            : $"{plan.Faults} of 1,000 calls: {FaultPlan.For(transport, plan.Set)}";
    }

    private static string Write(SoakRun run, bool good, string work, DateTime now)
    {
        ulong met = run.Samples.Concat(run.Checkpoints).Select(sample => sample.Status?.Faults ?? 0).Append(0UL).Max();
        StringBuilder text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"# Soak of {run.Plan.Transport}: {(good ? "passed" : "failed")}").AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"- {work}, {now:yyyy-MM-dd HH:mm} UTC, {run.Probe.Elapsed:hh\\:mm\\:ss} in all")
            .AppendLine(CultureInfo.InvariantCulture, $"- Command: `{run.Plan.Command}`")
            .AppendLine(CultureInfo.InvariantCulture,
                $"- Seed: {run.Plan.Seed}; options: {(run.Plan.Set.Count == 0 ? "defaults" : string.Join(", ", run.Plan.Set))}")
            .AppendLine(CultureInfo.InvariantCulture,
                $"- Faults: {Faults(run.Plan)}; calls that met one: {met:N0}")
            .AppendLine(CultureInfo.InvariantCulture,
                $"- Machine: {Environment.ProcessorCount} processors, {Environment.OSVersion.VersionString}, .NET {Environment.Version}")
            .AppendLine();
        SoakTables.Verdicts(text, run.Verdicts);
        SoakTables.Work(text, run.Tally);
        SoakTables.Samples(text, "Under load", run.Samples);
        SoakTables.Samples(text, "At checkpoints: no clients, after garbage collections", run.Checkpoints);
        SoakTables.Lines(text, "Failures", run.Tally.Errors.OrderByDescending(error => error.Value)
            .Select(error => $"{error.Value:N0} × {error.Key}").Concat(run.Tally.Failures));
        SoakTables.Lines(text, "Log", run.Server.Lines);
        return text.ToString();
    }
}
