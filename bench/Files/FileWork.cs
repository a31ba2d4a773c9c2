using Bench.Load;
using Bench.Results;
using Bench.Servers;

namespace Bench.Files;

/// <summary>A way to ask for files.</summary>
/// <param name="Name">As results and <c>--works</c> name it.</param>
/// <param name="Says">What it is.</param>
/// <param name="Cold">Whether the page cache is emptied first.</param>
internal abstract record FileWork(string Name, string Says, bool Cold)
{
    /// <summary>The files that it reads; null where it reads none.</summary>
    public FileGroup? Reads { get; init; }

    /// <summary>What it needs that may not be here.</summary>
    public abstract Tool? Needs { get; }

    /// <summary>Makes a server ready: JIT, pools, and the page cache where the work is warm.</summary>
    public abstract Task WarmAsync(Server server, string prefix, TimeSpan duration, CancellationToken cancellation);

    /// <summary>One cell.</summary>
    public abstract Task<Cell> MeasureAsync(FileServer spec, Server server, TimeSpan duration, CancellationToken cancellation);
}
