using System.CommandLine;
using Bench.Ab;
using Bench.Measuring;
using Bench.Results;
using Bench.Servers;
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
        var a = new Argument<string>("A") { Description = $"the one that is compared with: {ServerSpec.Help}" };
        var b = new Argument<string>("B") { Description = "the one that the verdict is about, in the same form" };
        var names = AllWorks.List(1, 0).Select(work => work.Name).ToArray();
        var work = new Option<string>("--work") { Description = $"works, with commas, or all: {string.Join(", ", names)}", DefaultValueFactory = _ => string.Join(',', AllWorks.Default) };
        var pairs = new Option<int>("--pairs") { Description = "pairs of measurements per work, at least 5", DefaultValueFactory = _ => 12 };
        var generations = new Option<int>("--generations") { Description = "pairs of processes that they are spread over", DefaultValueFactory = _ => 3 };
        var seconds = new Option<double?>("--seconds") { Description = "length of a measurement, at least 1 (the default)" };
        var rate = new Option<double>("--rate") { Description = "requests a second of the open-loop works", DefaultValueFactory = _ => 10_000 };
        var idle = new Option<int>("--idle") { Description = "idle keep-alive connections held beside every load", DefaultValueFactory = _ => 0 };
        var metric = new Option<string?>("--metric") { Description = $"judge by this instead of the work's own figure: {string.Join(", ", Metrics.Keys)}" };
        var margin = new Option<string>("--margin") { Description = "differences below this share are none", DefaultValueFactory = _ => "3%" };
        var others = new Option<string>("--others") { Description = "share of the server's processor that other processes may have before a cell is thrown out", DefaultValueFactory = _ => "10%" };
        var fail = new Option<string?>("--fail-if-slower") { Description = "exit with 1 when B is surely worse by more than this share at any work, e.g. 3%" };
        var brief = new Option<bool>("--short") { Description = "a shorter warm-up: a first look" };
        var json = new Option<bool>("--json") { Description = "the result as JSON on standard output, everything else on standard error" };

        var command = new Command("ab", "compare two transports on real work: which is better, by how much, and how sure that is")
        {
            a, b, work, pairs, generations, seconds, rate, idle, metric, margin, others, fail, brief, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var works = Choose(parsed.GetValue(work)!, AllWorks.List(parsed.GetValue(rate), parsed.GetValue(idle)));
            var metricName = parsed.GetValue(metric);
            if (metricName is not null && !Metrics.ContainsKey(metricName))
                throw new FormatException($"--metric {metricName}: not one of {string.Join(", ", Metrics.Keys)}");
            if (parsed.GetValue(pairs) < 1 || parsed.GetValue(generations) < 1 || parsed.GetValue(seconds) < 1 || parsed.GetValue(idle) < 0 || !(parsed.GetValue(rate) > 0))
                throw new FormatException("--pairs, --generations and --seconds are at least 1, --idle at least 0, --rate above 0");

            var plan = new AbPlan(ServerSpec.Parse(parsed.GetValue(a)!), ServerSpec.Parse(parsed.GetValue(b)!), works)
            {
                Pairs = parsed.GetValue(pairs),
                Generations = Math.Min(parsed.GetValue(generations), parsed.GetValue(pairs)),
                Window = TimeSpan.FromSeconds(parsed.GetValue(seconds) ?? 1),
                WarmUp = parsed.GetValue(brief) ? WarmUp.Short : WarmUp.Thorough,
                Margin = Share.Parse(parsed.GetValue(margin)!),
                Metric = metricName is null ? null : Metrics[metricName],
            };
            Acceptance.OthersTolerated = Share.Parse(parsed.GetValue(others)!);
            var limit = parsed.GetValue(fail) is { } share ? Share.Parse(share) : (double?)null;
            var session = new Session(parsed.GetValue(json));
            var result = await RunAsync(plan, session, CommandLines.Of(parsed), cancellation);
            return limit is { } worst && result.Comparisons.Any(comparison => comparison.SlowerBy(worst, LowerIsBetter(comparison, plan))) ? 1 : 0;
        });
        return command;
    }

    /// <summary>Runs a plan, prints its tables and saves its result.</summary>
    public static async Task<ResultFile> RunAsync(AbPlan plan, Session session, string commandLine, CancellationToken cancellation)
    {
        Cpus.Client.PinThisProcess();
        var result = ResultFile.Begin("ab", commandLine, await ResultFile.ReadCommitAsync());
        var skipped = new List<string>();
        if (await Instructions.ProbeAsync() is { } none)
            skipped.Add(none);
        if (!Cpus.Apart)
            skipped.Add("server and client on processors of their own: there is only one");
        skipped.AddRange(plan.Works.Where(work => work.Needs is { IsHere: false }).Select(work => $"{work.Name}: {work.Needs!.Missing}"));
        plan = plan with { Works = [.. plan.Works.Where(work => work.Needs is not { IsHere: false })] };

        var runner = new AbRunner(plan, _ => { });
        var comparisons = await session.ShowAsync(say =>
        {
            runner = new AbRunner(plan, say);
            return runner.RunAsync(cancellation);
        });
        result = result with { Comparisons = comparisons, Cells = runner.Cells, LatencyCells = runner.LatencyCells, Skipped = skipped };
        AbTables.Write(session.Out, result);
        session.Finish(result);
        return result;
    }

    private static bool LowerIsBetter(Comparison comparison, AbPlan plan) =>
        (plan.Metric ?? plan.Works.First(work => work.Name == comparison.Work).Headline).LowerIsBetter;

    private static IReadOnlyList<Work> Choose(string names, IReadOnlyList<Work> works)
    {
        if (names == "all")
            return works;

        return [.. names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(name => works.FirstOrDefault(work => work.Name == name)
                ?? throw new FormatException($"--work {name}: not one of all, {string.Join(", ", works.Select(work => work.Name))}"))];
    }
}
