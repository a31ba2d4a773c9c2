using Bench.Load;
using Bench.Plans;
using Bench.Results;
using Bench.Servers;
using Bench.Works;

namespace Bench.Curves;

/// <summary>A work that is measured at several points, such as numbers of idle connections.</summary>
internal sealed record CurveWork(string Name, string Description, IReadOnlyList<WorkPoint> Range, Func<WorkPoint, ILoad> Load)
    : Work(Name, Description, Headline.Cpu)
{
    /// <summary>Adds figures to a cell, given the server and a function that measures the cell; null to only measure.</summary>
    public Func<Server, ILoad, MeasureSettings, Func<Task<Cell>>, CancellationToken, Task<Cell>>? Around { get; init; }

    /// <summary>Configures the process for a point, which then needs a process of its own.</summary>
    public Func<Server, WorkPoint, Task>? Configure { get; init; }

    /// <summary>The tool that the curve needs beside those of its load.</summary>
    public Tool? Tool { get; init; }

    public override Tool? Needs => Tool ?? Load(Range[0]).Needs;

    public override IReadOnlyList<WorkPoint> Points => Range;

    public override ProcessLifetime Lifetime => Configure is null ? ProcessLifetime.Work : ProcessLifetime.Cell;

    public override Task ConfigureAsync(Server server, WorkPoint point) => Configure?.Invoke(server, point) ?? Task.CompletedTask;

    public override Task WarmAsync(Server server, MeasureSettings settings, CancellationToken cancellation) =>
        settings.WarmUp.RunAsync(server, OwnLoad.Closed(Exchange.Get("/plaintext"), 16), cancellation);

    public override Task<Cell> MeasureAsync(Server server, WorkPoint point, MeasureSettings settings, CancellationToken cancellation)
    {
        ILoad load = Load(point);
        return Around is null ? OneAsync() : Around(server, load, settings, OneAsync, cancellation);

        Task<Cell> OneAsync() => new LoadWork(Name, Description, load, Headline).MeasureAsync(server, point, settings, cancellation);
    }
}
