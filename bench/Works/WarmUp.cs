using Bench.Load;
using Bench.Servers;

namespace Bench.Works;

/// <summary>
/// Loads a server until the JIT has settled: tiered compilation continues to replace methods for seconds after the first request.
/// </summary>
/// <param name="AtLeast">The minimum length.</param>
/// <param name="AtMost">The maximum length.</param>
internal sealed record WarmUp(TimeSpan AtLeast, TimeSpan AtMost)
{
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(1);

    /// <summary>The JIT counts as settled when it compiles fewer methods than this in a slice. Reading the count compiles a few.</summary>
    private const int SettledMethods = 15;

    public static readonly WarmUp Thorough = new(TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(20));

    public static readonly WarmUp Short = new(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(10));

    /// <summary>For many works on one pair of processes: only the code that earlier works did not use is new to the JIT.</summary>
    public static readonly WarmUp Brief = new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5));

    /// <summary>Runs the load in slices until the JIT has been settled for two of them. A server that does not report the count of
    /// compiled methods gets the minimum length.</summary>
    public async Task RunAsync(Server server, ILoad load, CancellationToken cancellation)
    {
        long compiled = 0L;
        int settledSlices = 0;
        for (TimeSpan spent = TimeSpan.Zero; spent < AtMost && (spent < AtLeast || settledSlices < 2); spent += Slice)
        {
            LoadResult result = await load.RunAsync(server, Slice, _ => { }, cancellation);
            if (result.Error is not null)
            {
                return;   // the measurement has the same error and refuses its cell with the reason
            }

            long now = (await server.AskAsync(cancellation))?.Process.CompiledMethods ?? 0;
            settledSlices = now - compiled < SettledMethods ? settledSlices + 1 : 0;
            compiled = now;
        }
    }
}
