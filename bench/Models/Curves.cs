using Bench.Load;
using Bench.Measuring;
using Bench.Results;
using Bench.Servers;
using Bench.Works;

namespace Bench.Models;

/// <summary>The curves that the literature is known for.</summary>
internal static class Curves
{
    private static readonly Exchange Plaintext = Exchange.Get("/plaintext");

    public static IReadOnlyList<Curve> Of(ModelsPlan plan)
    {
        List<Curve> curves = new List<Curve> { IdleCost(plan), ReplyRate(plan) };
        if (plan.Transports.Contains("epoll"))
        {
            curves.AddRange([Trigger(plan), Accept(plan)]);
        }

        if (plan.Transports.Contains("rtsig"))
        {
            curves.Add(RtsigQueue(plan));
        }

        return curves;
    }

    /// <summary>Gammo and others, 2004; Banga and Mogul, 1998: what a request costs while thousands of connections say nothing.</summary>
    private static Curve IdleCost(ModelsPlan plan) => new(
        "idle-cost", plan.Transports, [.. plan.Idle.Select(idle => new CurvePoint(idle, Idle: idle))], Cpus.Server,
        WarmWith(plan),
        (server, point, cancellation) => MeasureAsync(server, point, plan, OwnLoad.Open(Plaintext, 16, plan.ConstantRate), cancellation));

    /// <summary>
    /// httperf's picture, 1998: replies against requests offered. Beyond what a server can do the curve should lie flat and not fall.
    /// </summary>
    private static Curve ReplyRate(ModelsPlan plan) => new(
        "reply-rate", plan.Transports,
        [.. plan.OfferedBeside.SelectMany(idle => plan.Offered.Select(rate => new CurvePoint(rate, $"{idle:N0} idle", idle)))], Cpus.Server,
        WarmWith(plan),
        (server, point, cancellation) => MeasureAsync(server, point, plan, OwnLoad.Open(Plaintext, 64, point.At), cancellation));

    /// <summary>What edge, level and oneshot cost in epoll_ctl calls.</summary>
    private static Curve Trigger(ModelsPlan plan) => new(
        "trigger", ["epoll:Trigger=Edge", "epoll:Trigger=Level", "epoll:Trigger=Oneshot"], [new CurvePoint(0)], Cpus.Server,
        WarmWith(plan),
        async (server, point, cancellation) =>
        {
            OwnLoad load = OwnLoad.Closed(Plaintext, 64);
            Cell cell = await MeasureAsync(server, point, plan, load, cancellation);
            await using PerfStat? perf = await PerfStat.StartAsync(server.ProcessIds, "syscalls:sys_enter_epoll_ctl");
            if (perf is null)
            {
                return cell with { Refused = Tool.Perf.Missing };
            }

            LoadResult counted = await load.RunAsync(server, plan.Window, _ => { }, cancellation);
            return (await perf.StopAsync()).TryGetValue("syscalls:sys_enter_epoll_ctl", out long calls)
                ? cell with { Figures = new Dictionary<string, double> { ["epollCtlPerRequest"] = (double)calls / Math.Max(1, counted.Requests) } }
                : cell with { Refused = "perf could not count epoll_ctl" };
        });

    /// <summary>How accepted connections spread over two loops, against a storm of new ones.</summary>
    private static Curve Accept(ModelsPlan plan) => new(
        "accept", ["epoll:loops=2:AcceptStrategy=ReusePort", "epoll:loops=2:AcceptStrategy=Shared", "epoll:loops=2:AcceptStrategy=RoundRobin", "sockets:loops=2"], [new CurvePoint(0)], Cpus.All,
        WarmWith(plan),
        (server, point, cancellation) => MeasureAsync(server, point, plan, new Wrk("/plaintext", 32) { Script = "close.lua" }, cancellation, spread: true))
    {
        Needs = Tool.Wrk,
    };

    /// <summary>How often the signal queue overflows when the kernel lets it hold few signals.</summary>
    private static Curve RtsigQueue(ModelsPlan plan) => new(
        "rtsig-queue", ["rtsig"], [.. plan.QueueLimits.Select(limit => new CurvePoint(limit))], Cpus.Server,
        WarmWith(plan),
        async (server, point, cancellation) =>
        {
            long? before = await OverflowsAsync(server, cancellation);
            Cell cell = await MeasureAsync(server, point, plan, OwnLoad.Closed(Plaintext, 64), cancellation);
            long? after = await OverflowsAsync(server, cancellation);
            return before is null || after is null
                ? cell with { Refused = "the transport counts no overflows" }
                : cell with { Figures = new Dictionary<string, double> { ["overflowsPerThousand"] = 1000.0 * (after.Value - before.Value) / Math.Max(1, cell.Requests ?? 0) } };
        })
    {
        Needs = Tool.Prlimit,
        Limit = async (point, process) =>
        {
            ChildProcess.Ended ended = await ChildProcess.RunAsync(["prlimit", $"--pid={process}", $"--sigpending={point.At}:{point.At}"], _ => { }, CancellationToken.None);
            if (ended.ExitCode != 0)
            {
                throw new InvalidOperationException($"prlimit: {ended.LastWords}");
            }
        },
    };

    private static Func<Server, CancellationToken, Task> WarmWith(ModelsPlan plan) => (server, cancellation) =>
        new WarmUp(plan.WarmUp, plan.WarmUp * 1.5).RunAsync(server, OwnLoad.Closed(Plaintext, 16), cancellation);

    private static async Task<Cell> MeasureAsync(
        Server server, CurvePoint point, ModelsPlan plan, ILoad load, CancellationToken cancellation, bool spread = false)
    {
        LoadWork work = new LoadWork("curve", "", load, Headline.Cpu) { Idle = point.Idle, Spread = spread };
        return await work.MeasureAsync(server, plan.Window, cancellation);
    }

    private static async Task<long?> OverflowsAsync(Server server, CancellationToken cancellation) =>
        (await server.AskAsync(cancellation))?.Counters?.Where(counter => counter.Key.Contains("overflow", StringComparison.Ordinal)).Select(counter => (long?)counter.Value).FirstOrDefault();
}
