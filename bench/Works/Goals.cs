using Bench.Results;
using Bench.Servers;

namespace Bench.Works;

/// <summary>The goals of this project against Kestrel Sockets: the works of <c>--works table</c> and their limits by placement.</summary>
internal static class Goals
{
    /// <summary>The highest ratio of CPU time, memory or latency that any work may have.</summary>
    private const double NoWorse = 1.0;

    private const double Milliseconds = 1000;

    /// <summary>Ratios of CPU time per request and of requests per second; null for no goal of its own.</summary>
    private static readonly IReadOnlyList<Row> Rows =
    [
        new("keepalive-1", SharedCpu: 0.70, SharedRate: 1.05),
        new("keepalive-4", SharedCpu: 0.56, SharedRate: 1.3),
        new("keepalive-16", SharedCpu: 0.56, SharedRate: 1.45),
        new("keepalive-64", SplitCpu: 0.55, SharedCpu: 0.58, SharedRate: 1.5),
        new("keepalive-512", SplitCpu: 0.55, SharedCpu: 0.58, SharedRate: 1.5),
        new("pipelined", SplitCpu: 0.70, SharedRate: 1.3),
        new("churn", SplitCpu: 0.62, SharedCpu: 0.65),
        new("limited", SplitCpu: 0.55, SharedCpu: 0.58),
        new("json", SplitCpu: 0.58, SharedCpu: 0.65),
        new("upload", SplitCpu: 0.80, SharedCpu: 0.95),
        new("stream-4k", SplitCpu: 0.90, SharedCpu: 0.95),
        new("stream-16k", SplitCpu: 0.90, SharedCpu: 0.95),
        new("stream-64k", SplitCpu: 0.90, SharedCpu: 0.95),
        new("stream-events", SplitCpu: 0.90, SharedCpu: 0.95),
        new("stream-json", SplitCpu: 0.90, SharedCpu: 0.95),
        new("static-8k", SplitCpu: 0.75, SharedCpu: 0.85),
        new("static-256k", SplitCpu: 0.85, SharedCpu: 0.85),
        new("static-10m", SplitCpu: 0.85, SharedCpu: 0.85),
        new("static-file-8k", SplitCpu: 0.75, SharedCpu: 0.85),
        new("static-file-256k", SplitCpu: 0.85, SharedCpu: 0.85),
        new("static-file-10m", SplitCpu: 0.85, SharedCpu: 0.85),
        new("static-tls-256k", SplitCpu: 0.95, SharedCpu: 0.95),
        new("tls", SplitCpu: 0.65, SharedCpu: 0.80),
        new("http2-tls", SplitCpu: 0.80, SharedCpu: 0.90),
        new("http2-1x100", SplitCpu: 0.80, SharedCpu: 0.90),
        new("http2-256k", SplitCpu: 0.95, SharedCpu: 0.95),
        new("steady-1k", SplitCpu: 0.65, SharedCpu: 0.65),
        new("steady-10k", SplitCpu: 0.50, SharedCpu: 0.50),
        new("delay", SplitCpu: 0.80, SharedCpu: 0.85, SharedRate: 1.0),
        new("compute-100us", SharedRate: 1.0),
        new("compute-2ms", SharedRate: 1.0),
    ];

    /// <summary>Goals that are not about CPU time and requests per second; the same for each placement.</summary>
    private static readonly IReadOnlyList<Goal> Others =
    [
        new("steady-1k", Headline.FarTail.Name, NoWorse),
        new("steady-10k", Headline.FarTail.Name, NoWorse),
        new("blocked", Headline.LateTail.Name, 5 * Milliseconds, IsRatio: false),
        new("blocked", Headline.EarlyTail.Name, 50 * Milliseconds, IsRatio: false),
        new("idle-15k", Headline.Memory.Name, 0.72),
    ];

    /// <summary>The names of the works.</summary>
    public static readonly IReadOnlySet<string> Works =
        Rows.Select(row => row.Work).Concat(Others.Select(goal => goal.Work)).ToHashSet();

    /// <summary>Returns the goals of a placement. Without a limit of its own, the CPU time of no work may exceed that of Sockets.</summary>
    public static IReadOnlyList<Goal> Of(CorePlacement cores) =>
    [
        .. Rows.SelectMany(row => cores == CorePlacement.Shared
            ? Make(row.Work, row.SharedCpu, row.SharedRate)
            : Make(row.Work, row.SplitCpu, rate: null)),
        .. Others,
    ];

    private static IEnumerable<Goal> Make(string work, double? cpu, double? rate)
    {
        yield return new Goal(work, Headline.Cpu.Name, cpu ?? NoWorse);
        if (rate is { } minimum)
        {
            yield return new Goal(work, Headline.Throughput.Name, minimum, LowerIsBetter: false);
        }
    }

    private sealed record Row(string Work, double? SplitCpu = null, double? SharedCpu = null, double? SharedRate = null);
}
