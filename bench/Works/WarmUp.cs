using Bench.Load;
using Bench.Servers;

namespace Bench.Works;

/// <summary>Load until the JIT has settled: tiered compilation goes on replacing methods for seconds after a server answers its first request.</summary>
internal sealed record WarmUp(TimeSpan AtLeast, TimeSpan AtMost)
{
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(1);

    /// <summary>Methods compiled in a slice below which the JIT counts as settled; asking for the count makes the server compile a few itself.</summary>
    private const int Settled = 5;

    public static readonly WarmUp Thorough = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(25));

    public static readonly WarmUp Short = new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10));

    /// <summary>Runs the load in slices until the count of compiled methods stands still; a server that does not count gets the least time.</summary>
    public async Task RunAsync(Server server, ILoad load, CancellationToken cancellation)
    {
        var compiled = 0L;
        for (var spent = TimeSpan.Zero; spent < AtMost; spent += Slice)
        {
            var result = await load.RunAsync(server, Slice, _ => { }, cancellation);
            if (result.Error is not null)
                return;   // the measurement will meet the same, and refuse its cell with the reason

            var now = (await server.AskAsync(cancellation))?.Process.CompiledMethods ?? 0;
            if (spent + Slice >= AtLeast && now - compiled < Settled)
                return;

            compiled = now;
        }
    }
}
