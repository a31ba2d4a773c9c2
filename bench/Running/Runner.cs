using System.Net.Sockets;
using Bench.Plans;
using Bench.Results;
using Bench.Servers;
using Bench.Works;

namespace Bench.Running;

/// <summary>Runs a plan of any kind: every work, on every candidate, in every round.</summary>
internal sealed class Runner(Plan plan, Action<string> say)
{
    private readonly CellLog _log = new();

    public IReadOnlyList<Cell> Cells => _log.Cells;

    public IReadOnlyList<Cell> Undisturbed => _log.Undisturbed;

    /// <summary>The comparisons that the plan asks for, by the cells measured so far.</summary>
    public IReadOnlyList<Comparison> Compare() => Comparer.CompareAll(plan, _log.Cells, _log.SystemCallsOf);

    /// <summary>Runs the plan to its end, or until it is cancelled; the cells measured by then are kept.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            await (plan.PrepareAsync?.Invoke(say, cancellation) ?? Task.CompletedTask);
            for (int generation = 0; generation < plan.Generations; generation++)
            {
                await RunGenerationAsync(generation, cancellation);
            }
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            // Ctrl-C also reaches servers and clients, which may fail before the bench receives it.
            say("Stopped. The cells measured so far are kept.");
        }
    }

    private async Task RunGenerationAsync(int generation, CancellationToken cancellation)
    {
        foreach (IGrouping<string, Work> group in plan.Works.Where(work => work.Lifetime == ProcessLifetime.Generation)
            .GroupBy(work => $"{work.Spread} {string.Join(' ', work.ServerArguments)}"))
        {
            await GuardAsync(generation, [.. group], () => RunSharedAsync(generation, [.. group], cancellation), cancellation);
        }

        foreach (Work work in plan.Works.Where(work => work.Lifetime == ProcessLifetime.Work))
        {
            await RunCurveAsync(generation, work, cancellation);
        }

        foreach (Work work in plan.Works.Where(work => work.Lifetime == ProcessLifetime.Cell))
        {
            await RunSeparateAsync(generation, work, cancellation);
        }
    }

    /// <summary>
    /// Runs an action and records its failure as refused cells of the works. A failure before any request was answered ends a comparison
    /// of two servers: there is nothing to compare.
    /// </summary>
    /// <returns>The reason of the failure; null when there was none.</returns>
    private async Task<string?> GuardAsync(
        int generation, IReadOnlyList<Work> works, Func<Task> run, CancellationToken cancellation,
        params IReadOnlyList<Candidate> candidates)
    {
        try
        {
            await run();
            return null;
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested && (!plan.IsComparison || _log.HasAnswers)
            && failure is HttpRequestException or IOException or InvalidOperationException or InvalidDataException or SocketException)
        {
            say(failure.Message);
            foreach (Work work in works)
            {
                foreach (Candidate candidate in candidates.Count > 0 ? candidates : CandidatesOf(work))
                {
                    _log.Refuse(work, candidate, generation, failure.Message);
                }
            }

            return failure.Message;
        }
    }

    /// <summary>One process of each candidate runs all works of a group in turn.</summary>
    private async Task RunSharedAsync(int generation, IReadOnlyList<Work> works, CancellationToken cancellation)
    {
        await using ServerSet servers =
            await ServerSet.StartAsync(CandidatesOf(works[0]), CoresOf(works[0]), works[0].ServerArguments, cancellation);
        foreach (Work work in works.Where(work => !servers.Candidates.Any(candidate => _log.IsUnable(work, candidate))))
        {
            await GuardAsync(generation, [work], () => RunSharedAsync(generation, work, servers, cancellation), cancellation);
        }
    }

    private async Task RunSharedAsync(int generation, Work work, ServerSet servers, CancellationToken cancellation)
    {
        foreach ((Candidate candidate, Server server) in servers.All)
        {
            Say(generation, work, candidate, "warm-up");
            await ServerSet.AloneAsync(server, () => work.WarmAsync(server, plan.Settings, cancellation));
        }

        for (int round = 0; round < plan.RoundsOf(generation); round++)
        {
            if (!await RunRoundAsync(generation, round, work, WorkPoint.Only, servers.Candidates, MeasureAllAsync, cancellation))
            {
                return;
            }
        }

        await new SharedExtras(plan, _log, say).RunAsync(generation, work, servers, cancellation);

        async Task<IReadOnlyList<Cell>> MeasureAllAsync(IReadOnlyList<Candidate> order)
        {
            if (work is LoadWork { Sliced: true } load && order.Count == 2)
            {
                (Cell a, Cell b) = await new SlicedPair(load, servers[servers.Candidates[0]], servers[servers.Candidates[1]], plan.Settings)
                    .MeasureAsync(aFirst: order[0] == servers.Candidates[0], cancellation);
                return order[0] == servers.Candidates[0] ? [a, b] : [b, a];
            }

            return await InTurnAsync(order, candidate => ServerSet.AloneAsync(
                servers[candidate], () => work.MeasureAsync(servers[candidate], WorkPoint.Only, plan.Settings, cancellation)));
        }
    }

    /// <summary>One candidate after the other, with one process for all points of a curve.</summary>
    private async Task RunCurveAsync(int generation, Work work, CancellationToken cancellation)
    {
        foreach (Candidate candidate in CandidatesOf(work))
        {
            await GuardAsync(generation, [work], async () =>
            {
                Say(generation, work, candidate, "warm-up");
                await using Server server = await candidate.StartAsync(CoresOf(work), work.ServerArguments, cancellation);
                await work.ConfigureAsync(server, work.Points[0]);
                await work.WarmAsync(server, plan.Settings, cancellation);
                int failures = 0;
                foreach (WorkPoint point in work.Points)
                {
                    // A server that fails at two points in a row fails at all later ones: select(2) beyond FD_SETSIZE, or too many threads.
                    bool answered = await RunRoundAsync(generation, 0, work, point, [candidate], MeasureAsync, cancellation);
                    failures = answered ? 0 : failures + 1;
                    if (failures == 2)
                    {
                        return;
                    }

                    async Task<IReadOnlyList<Cell>> MeasureAsync(IReadOnlyList<Candidate> order) =>
                        [await work.MeasureAsync(server, point, plan.Settings, cancellation)];
                }
            }, cancellation, candidate);
        }
    }

    /// <summary>A new process for every cell.</summary>
    private async Task RunSeparateAsync(int generation, Work work, CancellationToken cancellation)
    {
        for (int round = 0; round < plan.SeparateRoundsOf(generation); round++)
        {
            foreach (WorkPoint point in work.Points)
            {
                Candidate[] able = CandidatesOf(work).Where(candidate => !_log.IsUnable(work, candidate)).ToArray();
                if (able.Length > 0)
                {
                    await RunRoundAsync(generation, round, work, point, able,
                        order => InTurnAsync(order, candidate => OneAsync(candidate, point)), cancellation);
                }
            }
        }

        async Task<Cell> OneAsync(Candidate candidate, WorkPoint point)
        {
            Cell? cell = null;
            string? failure = await GuardAsync(generation, [], async () =>
            {
                await using Server server = await candidate.StartAsync(CoresOf(work), work.ServerArguments, cancellation);
                await work.ConfigureAsync(server, point);
                await work.WarmAsync(server, plan.Settings, cancellation);
                cell = await work.MeasureAsync(server, point, plan.Settings, cancellation);
            }, cancellation);
            return cell ?? new Cell { Server = candidate.Name, Work = work.Name, Refused = failure };
        }
    }

    /// <summary>Measures every candidate once, and again while a cell is refused and attempts are left.</summary>
    /// <returns>Whether every candidate answered requests.</returns>
    private async Task<bool> RunRoundAsync(
        int generation, int round, Work work, WorkPoint point, IReadOnlyList<Candidate> candidates,
        Func<IReadOnlyList<Candidate>, Task<IReadOnlyList<Cell>>> measure, CancellationToken cancellation)
    {
        // The order alternates, so that a machine whose speed changes steadily favours no candidate.
        Candidate[] order = round % 2 == 0 ? [.. candidates] : [.. candidates.Reverse()];
        IReadOnlyList<Cell> cells = [];
        for (int attempt = 0; attempt < plan.Attempts && (attempt == 0 || cells.Any(cell => !cell.Counts)); attempt++)
        {
            string at = point.At is { } position ? $" at {position:N0} {point.Group}" : "";
            string servers = string.Join(" ⇄ ", order.Select(candidate => candidate.Name));
            string repeated = attempt > 0 ? ", repeated" : "";
            say($"{work.Name}{at} · {servers} · processes {generation + 1} of {plan.Generations}, "
                + $"round {round + 1} of {plan.RoundsOf(generation)}{repeated}");
            cells = await measure(order);
            cancellation.ThrowIfCancellationRequested();   // the cells of servers and clients that Ctrl-C ended are not figures
            foreach ((Candidate candidate, Cell cell) in order.Zip(cells))
            {
                _log.Add(cell with
                {
                    Work = work.Name,
                    Series = point.Group.Length == 0 ? candidate.Series : $"{candidate.Series}, {point.Group}",
                    Generation = generation,
                    Pair = round,
                    At = point.At,
                });
            }
        }

        foreach ((Candidate candidate, Cell cell) in order.Zip(cells).Where(one => !one.Second.Counts && one.Second.Requests is null or 0))
        {
            _log.MarkUnable(work, candidate);
        }

        return cells.All(cell => cell.Counts || cell.Requests is > 0);
    }

    private static async Task<IReadOnlyList<Cell>> InTurnAsync(IReadOnlyList<Candidate> order, Func<Candidate, Task<Cell>> measure)
    {
        List<Cell> cells = new List<Cell>();
        foreach (Candidate candidate in order)
        {
            cells.Add(await measure(candidate));
        }

        return cells;
    }

    private IReadOnlyList<Candidate> CandidatesOf(Work work) => work.Candidates ?? plan.Candidates;

    private CorePlacement CoresOf(Work work) => work.Spread ? plan.Cores.Spread() : plan.Cores;

    private void Say(int generation, Work work, Candidate candidate, string what) =>
        say($"{work.Name} · {candidate.Name} · processes {generation + 1} of {plan.Generations} · {what}");
}
