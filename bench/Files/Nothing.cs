using Bench.Load;
using Bench.Servers;

namespace Bench.Files;

/// <summary>No load at all.</summary>
internal sealed record Nothing : ILoad
{
    public Tool? Needs => null;

    public async Task<LoadResult> RunAsync(Server server, TimeSpan duration, Action<ILoadControl> started, CancellationToken cancellation)
    {
        await Task.Delay(duration, cancellation);
        return new LoadResult { Requests = 0, Seconds = duration.TotalSeconds };
    }
}
