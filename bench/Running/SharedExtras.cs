using Bench.Plans;
using Bench.Results;
using Bench.Servers;
using Bench.Works;

namespace Bench.Running;

/// <summary>
/// Measures what the rounds cannot: latencies, where the rounds were sliced, and system calls, whose counting adds a cost to each.
/// </summary>
internal sealed class SharedExtras(Plan plan, CellLog log, Action<string> say)
{
    /// <summary>How often a latency window is measured at most.</summary>
    private const int Attempts = 2;

    public async Task RunAsync(int generation, Work work, ServerSet servers, CancellationToken cancellation)
    {
        foreach ((Candidate candidate, Server server) in servers.All)
        {
            if (work is LoadWork { Sliced: true })
            {
                await MeasureLatenciesAsync(generation, work, candidate, server, cancellation);
            }

            if (generation == 0)
            {
                say($"{work.Name} · {candidate.Name} · system calls");
                if (await ServerSet.AloneAsync(server, () => work.CountSystemCallsAsync(server, cancellation)) is { } calls)
                {
                    log.AddSystemCalls(work, candidate, calls);
                }
            }
        }
    }

    private async Task MeasureLatenciesAsync(int generation, Work work, Candidate candidate, Server server, CancellationToken cancellation)
    {
        for (int attempt = 0; attempt < Attempts && (attempt == 0 || !log.Undisturbed[^1].Counts); attempt++)
        {
            say($"{work.Name} · {candidate.Name} · latencies{(attempt > 0 ? ", repeated" : "")}");
            Cell cell = await ServerSet.AloneAsync(server, () => work.MeasureAsync(server, WorkPoint.Only, plan.Settings, cancellation));
            cancellation.ThrowIfCancellationRequested();
            log.AddUndisturbed(cell with { Series = candidate.Series, Generation = generation });
        }
    }
}
