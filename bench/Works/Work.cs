using Bench.Load;
using Bench.Results;
using Bench.Servers;

namespace Bench.Works;

/// <summary>Something to do with a server, again and again in the same way, and the figure that tells how well it went.</summary>
internal abstract record Work(string Name, string Says, Headline Headline)
{
    /// <summary>What it needs that may not be here.</summary>
    public abstract Tool? Needs { get; }

    /// <summary>Whether the server may use every processor, as it would in production; else it has one and the client another.</summary>
    public bool Spread { get; init; }

    /// <summary>Whether every cell needs a process that has not been measured before.</summary>
    public virtual bool Fresh => false;

    /// <summary>Makes a server ready: JIT, pool, memory.</summary>
    public abstract Task WarmAsync(Server server, WarmUp limits, CancellationToken cancellation);

    /// <summary>One cell; a failure is a refused cell, not an exception.</summary>
    public abstract Task<Cell> MeasureAsync(Server server, TimeSpan duration, CancellationToken cancellation);

    /// <summary>System calls per request; null where nothing can count them.</summary>
    public virtual Task<double?> CountSystemCallsAsync(Server server, CancellationToken cancellation) => Task.FromResult<double?>(null);
}
