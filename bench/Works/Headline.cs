using Bench.Results;

namespace Bench.Works;

/// <summary>The figure that a work is judged by.</summary>
internal sealed record Headline(string Name, string Unit, bool LowerIsBetter, Func<Cell, double?> Read)
{
    public static readonly Headline Cpu = new("CPU per request", "µs", LowerIsBetter: true, cell => cell.CpuPerRequest);

    public static readonly Headline Throughput = new("requests per second", "1/s", LowerIsBetter: false, cell => cell.RequestsPerSecond);

    public static readonly Headline Median = new("p50", "µs", LowerIsBetter: true, cell => cell.Latency?.P50);

    public static readonly Headline Tail = new("p99", "µs", LowerIsBetter: true, cell => cell.Latency?.P99);

    public static readonly Headline FarTail = new("p99.9", "µs", LowerIsBetter: true, cell => cell.Latency?.P999);

    public static readonly Headline Memory = new("memory per idle connection", "B", LowerIsBetter: true, cell => cell.MemoryPerConnection);

    public static readonly Headline UserInstructions = new("user instructions", "", LowerIsBetter: true, cell => cell.UserInstructionsPerRequest);

    public static readonly Headline KernelInstructions = new("kernel instructions", "", LowerIsBetter: true, cell => cell.KernelInstructionsPerRequest);
}
