using System.CommandLine;
using Bench.Files;
using Bench.Plans;
using Bench.Results;
using Bench.Servers;
using Bench.Statistics;
using Bench.Works;

namespace Bench.Commands;

/// <summary>The commands <c>bench ab A B</c> and <c>bench arena</c>.</summary>
internal static class AbCommand
{
    public static Command Make(AbSuite suite)
    {
        AbOptions options = new AbOptions(suite);
        Command command = new Command(suite.Kind, suite.Description);
        options.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            Plan plan = options.ReadPlan(parsed);
            double? limit = parsed.GetValue(options.FailIfSlower) is { } share ? Share.Parse(share) : null;
            Session session = new Session(parsed.GetValue(options.Json));

            List<ResultFile> runs = new List<ResultFile>();
            for (int run = 0; run < parsed.GetValue(options.Repeat) && !cancellation.IsCancellationRequested; run++)
            {
                runs.Add(await PlanRun.RunAsync(plan, session, CommandLines.Of(parsed), cancellation));
            }

            if (cancellation.IsCancellationRequested)
            {
                return ExitCodes.Stopped;
            }

            IReadOnlyList<Agreement> repeated = runs.Count > 1 ? Agreement.Of(runs) : [];
            if (repeated.Count > 0)
            {
                ComparisonTables.WriteAgreement(session.Out, repeated);
            }

            return repeated.All(one => one.Holds) ? Judge(runs, plan, limit) : ExitCodes.Failed;
        });
        return command;
    }

    /// <summary>Makes the plan of a comparison.</summary>
    public static Plan MakePlan(ServerSpec a, ServerSpec b, IReadOnlyList<Work> works)
    {
        IReadOnlyList<FileGroup> files = works.Any(StaticFileWorks.IsOne) ? StaticFileWorks.Files : [];
        return Plan.Compare(a, b, works) with { PrepareAsync = (say, cancellation) => FileSet.MakeAsync(files, say, cancellation) };
    }

    /// <summary>Returns the exit code for <c>--fail-if-slower</c>. A work without a verdict does not pass.</summary>
    private static int Judge(IReadOnlyList<ResultFile> runs, Plan plan, double? limit)
    {
        if (limit is not { } worst)
        {
            return ExitCodes.Good;
        }

        if (runs.SelectMany(run => run.Comparisons).Any(comparison => comparison.SlowerBy(worst)))
        {
            return ExitCodes.Failed;
        }

        return runs.Any(run => run.Comparisons.Select(comparison => comparison.Work).Distinct().Count() < plan.Works.Count
                || run.Comparisons.Any(comparison => comparison.Verdict == Verdict.None))
            ? ExitCodes.NoVerdict
            : ExitCodes.Good;
    }
}
