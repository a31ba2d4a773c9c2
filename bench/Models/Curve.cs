using Bench.Load;
using Bench.Results;
using Bench.Servers;

namespace Bench.Models;

/// <summary>One picture of the literature: servers along a range of conditions.</summary>
/// <param name="Work">Its name in results.</param>
/// <param name="Series">The servers that it compares.</param>
/// <param name="Points">Where it is measured; one point for a curve that is a row of bars.</param>
/// <param name="Cpus">Where the server runs.</param>
/// <param name="Warm">Makes a server ready.</param>
/// <param name="Measure">One cell.</param>
internal sealed record Curve(
    string Work,
    IReadOnlyList<string> Series,
    IReadOnlyList<CurvePoint> Points,
    Cpus Cpus,
    Func<Server, CancellationToken, Task> Warm,
    Func<Server, CurvePoint, CancellationToken, Task<Cell>> Measure)
{
    /// <summary>What it cannot do without.</summary>
    public Tool? Needs { get; init; }

    /// <summary>A condition of the process itself (a resource limit), which takes one for every point.</summary>
    public Func<CurvePoint, int, Task>? Limit { get; init; }
}
