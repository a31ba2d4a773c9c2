using System.CommandLine;
using Bench.Ab;
using Bench.Measuring;
using Bench.Results;
using Bench.Servers;
using Bench.Statistics;
using Bench.Works;

namespace Bench.Commands;

/// <summary><c>bench ab A B</c>.</summary>
internal static class AbCommand
{
    private static readonly IReadOnlyDictionary<string, Headline> Metrics = new Dictionary<string, Headline>
    {
        ["cpu"] = Headline.Cpu,
        ["throughput"] = Headline.Throughput,
        ["p50"] = Headline.Median,
        ["p99"] = Headline.Tail,
        ["p99.9"] = Headline.FarTail,
        ["memory"] = Headline.Memory,
        ["instructions"] = Headline.UserInstructions,
        ["kernel-instructions"] = Headline.KernelInstructions,
    };

    public static Command Make()
    {
        Argument<string> a = new Argument<string>("A") { Description = $"the one that is compared with: {ServerSpec.Help}" };
        Argument<string> b = new Argument<string>("B") { Description = "the one that the verdict is about, in the same form" };
        string[] names = AllWorks.List(1, 0).Select(work => work.Name).ToArray();
        Option<string> work = new Option<string>("--work") { Description = $"works, with commas, or all: {string.Join(", ", names)}", DefaultValueFactory = _ => string.Join(',', AllWorks.Default) };
        Option<int?> pairs = new Option<int?>("--pairs") { Description = $"pairs of measurements per work, at least {PairedRatios.MinimumPairs} (12; --short: 6)" };
        Option<int?> generations = new Option<int?>("--generations") { Description = "pairs of processes that they are spread over (3; --short: 2)" };
        Option<double?> seconds = new Option<double?>("--seconds") { Description = "length of a measurement, at least 1 (the default)" };
        Option<double> rate = new Option<double>("--rate") { Description = "requests a second of the open-loop works", DefaultValueFactory = _ => 10_000 };
        Option<int> idle = new Option<int>("--idle") { Description = "idle keep-alive connections held beside every load", DefaultValueFactory = _ => 0 };
        Option<string?> metric = new Option<string?>("--metric") { Description = $"judge by this instead of the work's own figure: {string.Join(", ", Metrics.Keys)}" };
        Option<string> margin = new Option<string>("--margin") { Description = "differences below this share are none", DefaultValueFactory = _ => "3%" };
        Option<string> others = new Option<string>("--others") { Description = "share of the server's processor that other processes may have before a cell is thrown out", DefaultValueFactory = _ => "10%" };
        Option<string?> fail = new Option<string?>("--fail-if-slower") { Description = "exit with 1 when B is surely worse by more than this share at any work, e.g. 3%; with 3 when there is no verdict" };
        Option<int> repeat = new Option<int>("--repeat") { Description = "the whole comparison so often, each with a result of its own; exit with 1 unless nine in ten (of fewer than ten all) say the same", DefaultValueFactory = _ => 1 };
        Option<bool> brief = new Option<bool>("--short") { Description = "a shorter warm-up and fewer pairs: a first look" };
        Option<bool> json = new Option<bool>("--json") { Description = "the result as JSON on standard output (with --repeat one a run), everything else on standard error" };

        Command command = new Command("ab", "compare two transports on real work: which is better, by how much, and how sure that is")
        {
            a, b, work, pairs, generations, seconds, rate, idle, metric, margin, others, fail, repeat, brief, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            Limits.Within("--pairs", parsed.GetValue(pairs), PairedRatios.MinimumPairs, 1000);
            Limits.Within("--generations", parsed.GetValue(generations), 1, 1000);
            Limits.Within("--seconds", parsed.GetValue(seconds), 1, 600);
            Limits.Within("--rate", parsed.GetValue(rate), 1, 1_000_000);
            Limits.Within("--idle", parsed.GetValue(idle), 0, 60_000);
            Limits.Within("--repeat", parsed.GetValue(repeat), 1, 100);
            IReadOnlyList<Work> works = Chosen.Of("--work", parsed.GetValue(work)!, AllWorks.List(parsed.GetValue(rate), parsed.GetValue(idle)), one => one.Name);
            if (parsed.GetValue(metric) is { } name)
            {
                Headline judge = Metrics.TryGetValue(name, out Headline? known) ? known : throw new FormatException($"--metric {name}: not one of {string.Join(", ", Metrics.Keys)}");
                works = [.. works.Select(one => one with { Headline = judge })];
            }

            bool quick = parsed.GetValue(brief);
            int count = parsed.GetValue(pairs) ?? (quick ? 6 : 12);
            AbPlan plan = new AbPlan(ServerSpec.Parse(parsed.GetValue(a)!), ServerSpec.Parse(parsed.GetValue(b)!), works)
            {
                Pairs = count,
                Generations = Math.Min(parsed.GetValue(generations) ?? (quick ? 2 : 3), count),
                Window = TimeSpan.FromSeconds(parsed.GetValue(seconds) ?? 1),
                WarmUp = quick ? WarmUp.Short : WarmUp.Thorough,
                Margin = Share.Parse(parsed.GetValue(margin)!),
            };
            Acceptance.OthersTolerated = Share.Parse(parsed.GetValue(others)!);
            double? limit = parsed.GetValue(fail) is { } share ? Share.Parse(share) : (double?)null;
            Session session = new Session(parsed.GetValue(json));

            List<ResultFile> runs = new List<ResultFile>();
            for (int run = 0; run < parsed.GetValue(repeat) && !cancellation.IsCancellationRequested; run++)
            {
                runs.Add(await RunAsync(plan, session, CommandLines.Of(parsed), cancellation));
            }

            if (cancellation.IsCancellationRequested)
            {
                return ExitCodes.Stopped;
            }

            IReadOnlyList<Agreement> repeated = runs.Count > 1 ? Agreement.Of(runs) : [];
            if (repeated.Count > 0)
            {
                AbTables.WriteAgreement(session.Out, repeated);
            }

            return repeated.All(one => one.Holds) ? Judge(runs, plan, limit) : ExitCodes.Failed;
        });
        return command;
    }

    /// <summary>Runs a plan, prints its tables and saves its result.</summary>
    public static async Task<ResultFile> RunAsync(AbPlan plan, Session session, string commandLine, CancellationToken cancellation)
    {
        Cpus.Client.PinThisProcess();
        ResultFile result = ResultFile.Begin("ab", commandLine, await ResultFile.ReadCommitAsync());
        List<string> skipped = new List<string>(Cpus.Together);
        if (await Instructions.ProbeAsync() is { } none)
        {
            skipped.Add(none);
        }

        skipped.AddRange(plan.Works.Where(work => work.Needs is { IsHere: false }).Select(work => $"{work.Name}: {work.Needs!.Missing}"));
        plan = plan with { Works = [.. plan.Works.Where(work => work.Needs is not { IsHere: false })] };

        AbRunner runner = new AbRunner(plan, _ => { });
        IReadOnlyList<Comparison> comparisons = await session.ShowAsync(say =>
        {
            runner = new AbRunner(plan, say);
            return runner.RunAsync(cancellation);
        });
        result = result with { Comparisons = comparisons, Cells = runner.Cells, LatencyCells = runner.LatencyCells, Skipped = skipped };
        AbTables.Write(session.Out, result);
        session.Finish(result);
        return result;
    }

    /// <summary>
    /// What <c>--fail-if-slower</c> makes of all runs. Where a work has no verdict nothing has been shown, and that is no pass.
    /// </summary>
    private static int Judge(IReadOnlyList<ResultFile> runs, AbPlan plan, double? limit)
    {
        if (limit is not { } worst)
        {
            return ExitCodes.Good;
        }

        return runs.SelectMany(run => run.Comparisons).Any(comparison => comparison.SlowerBy(worst, plan.Works.First(work => work.Name == comparison.Work).Headline.LowerIsBetter)) ? ExitCodes.Failed
            : runs.Any(run => run.Comparisons.Count < plan.Works.Count || run.Comparisons.Any(comparison => comparison.Verdict == Verdict.None)) ? ExitCodes.NoVerdict
            : ExitCodes.Good;
    }
}
