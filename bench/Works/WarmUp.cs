using Bench.Load;
using Bench.Servers;

namespace Bench.Works;

/// <summary>
/// Load until the JIT has settled: tiered compilation goes on replacing methods for seconds after a server answers its first request.
/// </summary>
internal sealed record WarmUp(TimeSpan AtLeast, TimeSpan AtMost)
{
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Methods compiled in a slice below which the JIT counts as settled; asking for the count makes the server compile a few itself.
    /// </summary>
    private const int Settled = 15;

    public static readonly WarmUp Thorough = new(TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(20));

    public static readonly WarmUp Short = new(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(10));

    /// <summary>
    /// Runs the load in slices until the count of compiled methods has stood still for two of them; a server that does not count gets the
    /// least time.
    /// </summary>
    public async Task RunAsync(Server server, ILoad load, CancellationToken cancellation)
    {
        long compiled = 0L;
        int still = 0;
        for (TimeSpan spent = TimeSpan.Zero; spent < AtMost && (spent < AtLeast || still < 2); spent += Slice)
        {
            LoadResult result = await load.RunAsync(server, Slice, _ => { }, cancellation);
            if (result.Error is not null)
            {
                return;   // the measurement will meet the same, and refuse its cell with the reason
            }

            long now = (await server.AskAsync(cancellation))?.Process.CompiledMethods ?? 0;
            still = now - compiled < Settled ? still + 1 : 0;
            compiled = now;
        }
    }
}
