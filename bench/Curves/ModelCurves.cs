using Bench.Load;
using Bench.Measuring;
using Bench.Plans;
using Bench.Results;
using Bench.Servers;
using Bench.Works;

namespace Bench.Curves;

/// <summary>The curves by which the literature compares I/O models.</summary>
internal static class ModelCurves
{
    private const string EpollCtl = "syscalls:sys_enter_epoll_ctl";

    private static readonly Exchange Plaintext = Exchange.Get("/plaintext");

    /// <summary>Makes the plan of <c>bench models</c>.</summary>
    public static Plan MakePlan(CurveRanges ranges) =>
        new("models", [.. ranges.Transports.Select(Named)], Of(ranges)) { Attempts = 1, Settings = ranges.Settings };

    public static IReadOnlyList<Work> Of(CurveRanges ranges)
    {
        List<Work> curves = new List<Work> { IdleCost(ranges), ReplyRate(ranges) };
        if (ranges.Transports.Contains("epoll"))
        {
            curves.AddRange([Trigger(), Accept()]);
        }

        if (ranges.Transports.Contains("rtsig"))
        {
            curves.Add(RtsigQueue(ranges));
        }

        return curves;
    }

    /// <summary>CPU time per request beside idle connections: Banga and Mogul, 1998; Gammo and others, 2004.</summary>
    private static CurveWork IdleCost(CurveRanges ranges) => new(
        "idle-cost", $"GET /plaintext at {ranges.ConstantRate:N0} requests/s on 16 connections, beside idle connections",
        [.. ranges.Idle.Select(idle => new WorkPoint(idle, Idle: idle))],
        _ => OwnLoad.Open(Plaintext, 16, ranges.ConstantRate));

    /// <summary>Replies per second against requests offered per second, as drawn by httperf, 1998.</summary>
    private static CurveWork ReplyRate(CurveRanges ranges) => new(
        "reply-rate", "GET /plaintext at a fixed rate on 64 connections",
        [.. ranges.OfferedBeside.SelectMany(idle => ranges.Offered.Select(rate => new WorkPoint(rate, $"{idle:N0} idle", idle)))],
        point => OwnLoad.Open(Plaintext, 64, point.At!.Value));

    /// <summary>The epoll_ctl calls of edge, level and oneshot triggering.</summary>
    private static CurveWork Trigger() => new(
        "trigger", "GET /plaintext, 64 connections, by trigger", [new WorkPoint(0)], _ => OwnLoad.Closed(Plaintext, 64))
    {
        Candidates = [Named("epoll:Trigger=Edge"), Named("epoll:Trigger=Level"), Named("epoll:Trigger=Oneshot")],
        Around = async (server, load, settings, measure, cancellation) =>
        {
            Cell cell = await measure();
            await using PerfStat? perf = await PerfStat.StartAsync(server, EpollCtl);
            if (perf is null)
            {
                return cell with { Refused = Tool.Perf.Missing };
            }

            LoadResult counted = await load.RunAsync(server, settings.Window, _ => { }, cancellation);
            if (!(await perf.StopAsync()).TryGetValue(EpollCtl, out long calls))
            {
                return cell with { Refused = "perf could not count epoll_ctl" };
            }

            double perRequest = (double)calls / Math.Max(1, counted.Requests);
            return cell with { Figures = new Dictionary<string, double> { ["epollCtlPerRequest"] = perRequest } };
        },
    };

    /// <summary>The distribution of accepted connections over two loops, under churn.</summary>
    private static CurveWork Accept() => new(
        "accept", "GET /plaintext with Connection: close, 32 connections, two loops", [new WorkPoint(0)],
        _ => new Wrk("/plaintext", 32) { Script = "close.lua" })
    {
        Candidates =
        [
            Named("epoll:loops=2:AcceptStrategy=ReusePort"), Named("epoll:loops=2:AcceptStrategy=Shared"),
            Named("epoll:loops=2:AcceptStrategy=RoundRobin"), Named("sockets:loops=2"),
        ],
        Spread = true,
    };

    /// <summary>Overflows of the signal queue against its limit.</summary>
    private static CurveWork RtsigQueue(CurveRanges ranges) => new(
        "rtsig-queue", "GET /plaintext, 64 connections, by RLIMIT_SIGPENDING",
        [.. ranges.QueueLimits.Select(limit => new WorkPoint(limit))],
        _ => OwnLoad.Closed(Plaintext, 64))
    {
        Candidates = [Named("rtsig")],
        Tool = Tool.Prlimit,
        Configure = async (server, point) =>
        {
            string[] command = ["prlimit", $"--pid={server.ProcessId}", $"--sigpending={point.At}:{point.At}"];
            ChildProcess.Ended ended = await ChildProcess.RunAsync(command, _ => { }, CancellationToken.None);
            if (ended.ExitCode != 0)
            {
                throw new InvalidOperationException($"prlimit failed: {ended.LastLine}");
            }
        },
        Around = async (server, _, _, measure, cancellation) =>
        {
            long? before = await ReadOverflowsAsync(server, cancellation);
            Cell cell = await measure();
            long? after = await ReadOverflowsAsync(server, cancellation);
            if (before is null || after is null)
            {
                return cell with { Refused = "the transport reports no overflow counter" };
            }

            double perThousand = 1000.0 * (after.Value - before.Value) / Math.Max(1, cell.Requests ?? 0);
            return cell with { Figures = new Dictionary<string, double> { ["overflowsPerThousand"] = perThousand } };
        },
    };

    private static Candidate Named(string spec) => Candidate.Of(ServerSpec.Parse(spec));

    private static async Task<long?> ReadOverflowsAsync(Server server, CancellationToken cancellation) =>
        (await server.AskAsync(cancellation))?.Counters?.Where(counter => counter.Key.Contains("overflow", StringComparison.Ordinal))
            .Select(counter => (long?)counter.Value).FirstOrDefault();
}
