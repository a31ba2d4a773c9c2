using Bench.Measuring;
using Bench.Plans;
using Bench.Results;
using Bench.Running;
using Bench.Works;

namespace Bench.Commands;

/// <summary>Runs a plan of any kind, prints its tables and saves its result.</summary>
internal static class PlanRun
{
    /// <param name="plan">The plan.</param>
    /// <param name="session">The output.</param>
    /// <param name="commandLine">The command line that repeats the run.</param>
    /// <param name="cancellation">Ends the run; the cells measured by then are saved.</param>
    /// <param name="skipped">What the plan leaves out, and why.</param>
    public static async Task<ResultFile> RunAsync(
        Plan plan, Session session, string commandLine, CancellationToken cancellation, params IReadOnlyList<string> skipped)
    {
        plan.Cores.Client.PinThisProcess();
        InstructionCounters counters = await InstructionCounters.ProbeAsync();
        Work[] missing = plan.Works.Where(work => work.Needs is { IsHere: false }).ToArray();
        plan = plan with
        {
            Works = [.. plan.Works.Except(missing)],
            Settings = plan.Settings with { InstructionEvents = counters.Events },
        };
        ResultFile result = ResultFile.Begin(plan, commandLine, await ResultFile.ReadCommitAsync()) with
        {
            Skipped =
            [
                .. plan.Cores.Limitations, .. counters.Missing is { } none ? [none] : Array.Empty<string>(), .. skipped,
                .. missing.Select(work => $"{work.Name}: {work.Needs!.Missing}"),
            ],
        };

        Runner runner = await session.ShowAsync(async say =>
        {
            Runner running = new Runner(plan, say);
            await running.RunAsync(cancellation);
            return running;
        });
        result = result with { Cells = runner.Cells, LatencyCells = runner.Undisturbed, Comparisons = runner.Compare() };
        ComparisonTables.Write(session.Out, result,
            name => plan.Works.FirstOrDefault(work => work.Name == name) is { } work ? $"{name}: {work.Description}" : name);
        session.Finish(result);
        return result;
    }
}
