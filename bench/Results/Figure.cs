using Bench.Works;

namespace Bench.Results;

/// <summary>A figure of a cell: how tables name, read and format it.</summary>
/// <param name="Title">The column head.</param>
/// <param name="Read">Returns the figure; null where a cell has none.</param>
/// <param name="Compared">Whether tables with a reference show the ratio to it.</param>
internal sealed record Figure(string Title, Func<Cell, double?> Read, bool Compared = false)
{
    /// <summary>Every figure that a table shows when a cell has it, in the order of the columns.</summary>
    public static readonly IReadOnlyList<Figure> All =
    [
        new("GB/s", cell => cell.Named("gigabytesPerSecond"), Compared: true),
        new("CPU s/GiB", cell => cell.Named("cpuSecondsPerGibibyte"), Compared: true),
        new("req/s", cell => cell.RequestsPerSecond),
        new("CPU µs", cell => cell.CpuPerRequest),
        new("user instr.", cell => cell.UserInstructionsPerRequest),
        new("kernel instr.", cell => cell.KernelInstructionsPerRequest),
        new("switches", cell => cell.ContextSwitchesPerRequest),
        new("alloc. B", cell => cell.AllocatedBytesPerRequest),
        new("GCs", cell => cell.Collections),
        new("p50 µs", cell => cell.Latency?.P50),
        new("p90 µs", cell => cell.Latency?.P90),
        new("p99 µs", cell => cell.Latency?.P99, Compared: true),
        new("p99.9 µs", cell => cell.Latency?.P999),
        new("max µs", cell => cell.Latency?.Max),
        new("p99 1st s µs", cell => cell.Named(Headline.EarlyTailFigure)),
        new("p99 later µs", cell => cell.Named(Headline.LateTailFigure)),
        new("small p50 ms", cell => cell.Named("besideP50Milliseconds")),
        new("small p99 ms", cell => cell.Named("besideP99Milliseconds")),
        new("cache MiB", cell => cell.Named("pageCacheGrownMebibytes")),
        new("epoll_ctl", cell => cell.Named("epollCtlPerRequest")),
        new("overflows per 1,000", cell => cell.Named("overflowsPerThousand")),
        new("KiB/connection", cell => cell.MemoryPerConnection / 1024, Compared: true),
        new("PSS MiB", cell => cell.ProportionalMemory / 1048576.0),
        new("server %", cell => cell.ServerBusy * 100),
        new("client %", cell => cell.ClientBusy * 100),
    ];
}
