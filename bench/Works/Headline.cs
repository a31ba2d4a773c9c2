using Bench.Results;

namespace Bench.Works;

/// <summary>A figure that a work can be judged by.</summary>
/// <param name="Name">The name in results.</param>
/// <param name="Unit">The unit; empty for a count.</param>
/// <param name="LowerIsBetter">Whether a lower figure is better.</param>
/// <param name="Read">Returns the figure of a cell; null where it has none.</param>
internal sealed record Headline(string Name, string Unit, bool LowerIsBetter, Func<Cell, double?> Read)
{
    /// <summary>Names in <see cref="Cell.Figures"/>: p99 in the first second and after it, in microseconds.</summary>
    public const string EarlyTailFigure = "firstSecondP99", LateTailFigure = "afterFirstSecondP99";

    public static readonly Headline Cpu = new("CPU per request", "µs", LowerIsBetter: true, cell => cell.CpuPerRequest);

    public static readonly Headline Throughput = new("requests per second", "1/s", LowerIsBetter: false, cell => cell.RequestsPerSecond);

    public static readonly Headline Median = new("p50", "µs", LowerIsBetter: true, cell => cell.Latency?.P50);

    public static readonly Headline Tail = new("p99", "µs", LowerIsBetter: true, cell => cell.Latency?.P99);

    public static readonly Headline FarTail = new("p99.9", "µs", LowerIsBetter: true, cell => cell.Latency?.P999);

    public static readonly Headline EarlyTail =
        new("p99 in the first second", "µs", LowerIsBetter: true, cell => cell.Named(EarlyTailFigure));

    public static readonly Headline LateTail =
        new("p99 after the first second", "µs", LowerIsBetter: true, cell => cell.Named(LateTailFigure));

    public static readonly Headline Memory = new("memory per connection", "B", LowerIsBetter: true, cell => cell.MemoryPerConnection);

    public static readonly Headline UserInstructions =
        new("user instructions", "", LowerIsBetter: true, cell => cell.UserInstructionsPerRequest);

    public static readonly Headline KernelInstructions =
        new("kernel instructions", "", LowerIsBetter: true, cell => cell.KernelInstructionsPerRequest);

    public static readonly Headline CpuPerGibibyte =
        new("CPU per GiB", "s", LowerIsBetter: true, cell => cell.Named("cpuSecondsPerGibibyte"));

    public static readonly Headline BytesPerSecond =
        new("throughput", "GB/s", LowerIsBetter: false, cell => cell.Named("gigabytesPerSecond"));

    public static readonly Headline BesideTail =
        new("p99 of small requests", "ms", LowerIsBetter: true, cell => cell.Named("besideP99Milliseconds"));

    /// <summary>The names that <c>--metric</c> accepts.</summary>
    public static readonly IReadOnlyDictionary<string, Headline> ByName = new Dictionary<string, Headline>
    {
        ["cpu"] = Cpu,
        ["throughput"] = Throughput,
        ["p50"] = Median,
        ["p99"] = Tail,
        ["p99.9"] = FarTail,
        ["memory"] = Memory,
        ["instructions"] = UserInstructions,
        ["kernel-instructions"] = KernelInstructions,
    };

    private static readonly Headline[] Others = [EarlyTail, LateTail, CpuPerGibibyte, BytesPerSecond, BesideTail];

    /// <summary>Returns the figure of a name in results.</summary>
    /// <exception cref="ArgumentException">No figure has this name.</exception>
    public static Headline Named(string name) => ByName.Values.Concat(Others).FirstOrDefault(one => one.Name == name)
        ?? throw new ArgumentException($"No figure is named '{name}'.", nameof(name));
}
