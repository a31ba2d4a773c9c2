using Bench.Load;
using Bench.Plans;
using Bench.Results;
using Bench.Servers;

namespace Bench.Works;

/// <summary>A repeatable task for a server, and the figure that it is judged by.</summary>
/// <param name="Name">The name on the command line and in results.</param>
/// <param name="Description">What is requested, and how.</param>
/// <param name="Headline">The figure that the work is judged by.</param>
internal abstract record Work(string Name, string Description, Headline Headline)
{
    /// <summary>Further figures that are compared.</summary>
    public IReadOnlyList<Headline> Also { get; init; } = [];

    public IReadOnlyList<Headline> Headlines => [Headline, .. Also];

    /// <summary>The tool that the work needs; null when it needs none.</summary>
    public abstract Tool? Needs { get; }

    /// <summary>Whether the server may use every processor, regardless of the placement of the run.</summary>
    public bool Spread { get; init; }

    /// <summary>Additional command-line arguments of the server.</summary>
    public IReadOnlyList<string> ServerArguments { get; init; } = [];

    /// <summary>The servers of this work; null for those of the plan.</summary>
    public IReadOnlyList<Candidate>? Candidates { get; init; }

    /// <summary>The conditions under which the work is measured.</summary>
    public virtual IReadOnlyList<WorkPoint> Points => [WorkPoint.Only];

    public virtual ProcessLifetime Lifetime => ProcessLifetime.Generation;

    /// <summary>Configures a process that has just been started, for example its resource limits.</summary>
    public virtual Task ConfigureAsync(Server server, WorkPoint point) => Task.CompletedTask;

    /// <summary>Loads a server until its code is compiled and its pools are filled.</summary>
    public abstract Task WarmAsync(Server server, MeasureSettings settings, CancellationToken cancellation);

    /// <summary>Measures one cell. A failure is returned as a refused cell, not thrown.</summary>
    public abstract Task<Cell> MeasureAsync(Server server, WorkPoint point, MeasureSettings settings, CancellationToken cancellation);

    /// <summary>Counts system calls per request; returns null where nothing can count them.</summary>
    public virtual Task<double?> CountSystemCallsAsync(Server server, CancellationToken cancellation) => Task.FromResult<double?>(null);
}
