using Bench.Results;
using Bench.Servers;

namespace Bench.Models;

/// <summary>Runs curves: a process a server, all of its points in turn.</summary>
internal sealed class ModelsRunner(IReadOnlyList<Curve> curves, Action<string> say)
{
    private readonly List<Cell> _cells = [];
    private readonly List<string> _skipped = [];

    public IReadOnlyList<Cell> Cells => _cells;

    /// <summary>Servers that did not start, and why.</summary>
    public IReadOnlyList<string> Skipped => _skipped;

    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (Curve curve in curves)
        {
            if (curve.Needs is { IsHere: false } tool)
            {
                _skipped.Add($"{curve.Work}: {tool.Missing}");
                continue;
            }

            foreach (string series in curve.Series)
            {
                try
                {
                    if (curve.Limit is null)
                    {
                        await RunSeriesAsync(curve, series, curve.Points, cancellation);
                    }
                    else
                    {
                        await RunLimitedAsync(curve, series, cancellation);
                    }
                }
                catch (Exception failure) when (!cancellation.IsCancellationRequested && failure is InvalidOperationException or HttpRequestException or IOException)
                {
                    _skipped.Add($"{curve.Work}, {series}: {failure.Message}");
                }
            }
        }
    }

    private async Task RunLimitedAsync(Curve curve, string series, CancellationToken cancellation)
    {
        foreach (CurvePoint point in curve.Points)
        {
            await RunSeriesAsync(curve, series, [point], cancellation);
        }
    }

    private async Task RunSeriesAsync(Curve curve, string series, IReadOnlyList<CurvePoint> points, CancellationToken cancellation)
    {
        say($"{curve.Work} · {series} · warming up");
        await using WebAppServer server = await WebAppServer.StartAsync(ServerSpec.Parse(series), curve.Cpus, cancellation);
        if (curve.Limit is not null)
        {
            await curve.Limit(points[0], server.ProcessId);
        }

        await curve.Warm(server, cancellation);

        int refusals = 0;
        foreach (CurvePoint point in points)
        {
            say($"{curve.Work} · {series} {point.Group} · {point.At:N0}");
            Cell cell = await curve.Measure(server, point, cancellation);
            cancellation.ThrowIfCancellationRequested();   // what clients say that a Ctrl-C ended is no figure
            _cells.Add(cell with
            {
                Work = curve.Work,
                Series = point.Group.Length == 0 ? series : $"{series}, {point.Group}",
                At = point.At,
            });

            // What a server cannot do at one point it cannot do further on: a select that has run out of descriptors, a thread a
            // connection.
            refusals = cell.Requests is > 0 ? 0 : refusals + 1;
            if (refusals == 2)
            {
                break;
            }
        }
    }
}
