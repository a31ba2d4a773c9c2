using System.Diagnostics;
using Bench.Measuring;
using Bench.Plans;
using Bench.Results;
using Bench.Servers;
using Bench.Works;

namespace Bench.Running;

/// <summary>
/// Measures two servers under the same closed loop in alternating slices: while one side runs, the client of the other is stopped and its
/// server is idle. The speed of a virtual machine changes within seconds; two windows of three seconds in a row differed by up to half.
/// Slices distort latencies, so these are measured in windows of their own.
/// </summary>
internal sealed class SlicedPair(LoadWork work, Server a, Server b, MeasureSettings settings)
{
    /// <summary>
    /// Short compared with the changes of the machine's speed, long compared with the millisecond in which a server answers the requests
    /// that were under way when its client was stopped.
    /// </summary>
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(50);

    /// <summary>wrk and h2load count in whole seconds; the slices must end before the load does.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(100);

    private readonly SlicedSide _a = new(work, a, settings.Acceptance);
    private readonly SlicedSide _b = new(work, b, settings.Acceptance);

    /// <summary>Measures both sides; each runs for the window of the settings or slightly longer.</summary>
    public async Task<(Cell A, Cell B)> MeasureAsync(bool aFirst, CancellationToken cancellation)
    {
        await _a.PrepareAsync(cancellation);
        await _b.PrepareAsync(cancellation);
        CoreLoad core = CoreLoad.Read(a.Cores.Server);

        // Half a second is reserved for starting both loads; the rest of the rounded-up time is used for slices.
        long opened = Stopwatch.GetTimestamp();
        TimeSpan whole = TimeSpan.FromSeconds(Math.Ceiling(2 * settings.Window.TotalSeconds + 0.5));
        try
        {
            await _a.StartAsync(whole, cancellation);
            await _b.StartAsync(whole, cancellation);
            (SlicedSide first, SlicedSide second) = aFirst ? (_a, _b) : (_b, _a);
            while (Stopwatch.GetElapsedTime(opened) + 2 * Slice + Margin < whole)
            {
                await first.RunSliceAsync(Slice, cancellation);
                await second.RunSliceAsync(Slice, cancellation);
            }
        }
        finally
        {
            _a.Release();
            _b.Release();
        }

        await _a.FinishAsync();
        await _b.FinishAsync();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(opened) * a.Cores.Server.Numbers.Count;
        CoreLoad used = CoreLoad.Read(a.Cores.Server) - core;
        double others = a.Cores.Apart ? Math.Max(0, (used.Busy - _a.Cpu - _b.Cpu) / elapsed) : 0;

        (SliceTimes[] ofA, SliceTimes[] ofB) = SliceTimes.Central(_a.Slices, _b.Slices);
        return (
            await _a.ToCellAsync(ofA, others, used.Stolen / elapsed, cancellation),
            await _b.ToCellAsync(ofB, others, used.Stolen / elapsed, cancellation));
    }
}
