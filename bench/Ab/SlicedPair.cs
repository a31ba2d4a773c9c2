using System.Diagnostics;
using Bench.Measuring;
using Bench.Results;
using Bench.Servers;
using Bench.Statistics;
using Bench.Works;

namespace Bench.Ab;

/// <summary>Two servers under the same closed-loop load, turn and turn about in slices: while one side runs, the client of the other is
/// stopped, and its server has nothing to do. A machine whose speed changes within seconds, as a virtual one's does, so treats both alike,
/// where two windows of three seconds one after the other were seen to differ by half. Slices leave a mark on latencies, so these are
/// measured elsewhere.</summary>
internal sealed class SlicedPair(LoadWork work, Server a, Server b)
{
    /// <summary>
    /// Short against the machine's moods; long against the millisecond in which a server answers what its client had asked before it was
    /// stopped.
    /// </summary>
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(50);

    private readonly SlicedSide _a = new(work, a);
    private readonly SlicedSide _b = new(work, b);

    /// <summary>wrk and h2load count in whole seconds, and a load that ends before the slices do spoils them.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(100);

    /// <summary>Each side runs for <paramref name="window"/> in all, or a little longer.</summary>
    public async Task<(Cell A, Cell B)> MeasureAsync(bool aFirst, TimeSpan window, CancellationToken cancellation)
    {
        await _a.PrepareAsync(cancellation);
        await _b.PrepareAsync(cancellation);
        CoreLoad core = CoreLoad.Read(Cpus.Server);

        // Half a second for starting both; what rounding adds is used too.
        long opened = Stopwatch.GetTimestamp();
        TimeSpan whole = TimeSpan.FromSeconds(Math.Ceiling(2 * window.TotalSeconds + 0.5));
        try
        {
            await _a.StartAsync(whole, cancellation);
            await _b.StartAsync(whole, cancellation);
            (SlicedSide? first, SlicedSide? second) = aFirst ? (_a, _b) : (_b, _a);
            while (Stopwatch.GetElapsedTime(opened) + 2 * Slice + Margin < whole)
            {
                await first.RunSliceAsync(Slice, cancellation);
                await second.RunSliceAsync(Slice, cancellation);
            }
        }
        finally
        {
            _a.LetGo();
            _b.LetGo();
        }

        await _a.FinishAsync();
        await _b.FinishAsync();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(opened);
        CoreLoad used = CoreLoad.Read(Cpus.Server) - core;
        double others = Cpus.Apart ? Math.Max(0, (used.Busy - _a.Cpu - _b.Cpu) / elapsed) : 0;

        return (
            await _a.ToCellAsync(others, used.Stolen / elapsed, cancellation),
            await _b.ToCellAsync(others, used.Stolen / elapsed, cancellation) with { CpuRatioBySlices = RatioBySlices() });
    }

    /// <summary>
    /// The median over neighbouring slices of B's CPU per request to A's: a mood of the machine that spoils a few slices moves a sum, but
    /// not a median.
    /// </summary>
    private double? RatioBySlices()
    {
        double[] ratios = _b.CpuPerRequestBySlice().Zip(_a.CpuPerRequestBySlice(), (b, a) => b / a).Where(ratio => ratio > 0 && double.IsFinite(ratio)).ToArray();
        return ratios.Length < 10 ? null : Sample.Median(ratios);
    }
}
