using System.Net.Sockets;
using Bench.Results;
using Bench.Servers;
using Bench.Works;

namespace Bench.Ab;

/// <summary>Runs an <see cref="AbPlan"/>: A B, B A, A B, … on pairs of processes that are replaced between generations.</summary>
internal sealed class AbRunner(AbPlan plan, Action<string> say)
{
    /// <summary>A pair with a refused cell is measured again this often; then it is left out.</summary>
    private const int Attempts = 3;

    /// <summary>The same of a window for latencies.</summary>
    private const int LatencyAttempts = 2;

    private readonly List<Cell> _cells = [];
    private readonly List<Cell> _latencies = [];
    private readonly Dictionary<(string Work, string Side), double> _systemCalls = [];
    private readonly HashSet<string> _hopeless = [];

    /// <summary>The cells that were compared.</summary>
    public IReadOnlyList<Cell> Cells => _cells;

    /// <summary>Undisturbed windows beside them, for latencies and what perf counts.</summary>
    public IReadOnlyList<Cell> LatencyCells => _latencies;

    public async Task<IReadOnlyList<Comparison>> RunAsync(CancellationToken cancellation)
    {
        try
        {
            for (int generation = 0; generation < plan.Generations; generation++)
            {
                await RunGenerationAsync(generation, cancellation);
            }
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            // The same Ctrl-C reaches servers and clients, which may fail before the bench hears of it.
            say("stopped: what has been measured so far is judged and kept");
        }

        return [.. plan.Works.Select(work => Comparer.Compare(_cells, work, plan, SystemCallsOf(work)))];
    }

    private async Task RunGenerationAsync(int generation, CancellationToken cancellation)
    {
        foreach (IGrouping<bool, Work> group in plan.Works.Where(work => !work.Fresh).GroupBy(work => work.Spread))
        {
            await GuardAsync(generation, [.. group], () => RunSharedAsync(generation, [.. group], group.Key ? Cpus.All : Cpus.Server, cancellation), cancellation);
        }

        foreach (Work? work in plan.Works.Where(work => work.Fresh))
        {
            await GuardAsync(generation, [work], () => RunFreshAsync(generation, work, cancellation), cancellation);
        }
    }

    /// <summary>
    /// A server that fails costs the works that it was to do, and not what has been measured. One that fails before there is anything ends
    /// the run.
    /// </summary>
    private async Task GuardAsync(int generation, IReadOnlyList<Work> works, Func<Task> run, CancellationToken cancellation)
    {
        try
        {
            await run();
        }
        catch (Exception failure) when (_cells.Count > 0 && !cancellation.IsCancellationRequested
            && failure is HttpRequestException or IOException or InvalidOperationException or InvalidDataException or SocketException)
        {
            say(failure.Message);
            foreach (Work work in works)
            {
                _cells.Add(new Cell { Server = plan.A.Name, Work = work.Name, Series = "A", Generation = generation, Refused = failure.Message });
                _cells.Add(new Cell { Server = plan.B.Name, Work = work.Name, Series = "B", Generation = generation, Refused = failure.Message });
            }
        }
    }

    /// <summary>One pair of processes does all the works in turn.</summary>
    private async Task RunSharedAsync(int generation, IReadOnlyList<Work> works, Cpus cpus, CancellationToken cancellation)
    {
        await using WebAppServer a = await WebAppServer.StartAsync(plan.A, cpus, cancellation);
        a.Freeze();
        await using WebAppServer b = await WebAppServer.StartAsync(plan.B, cpus, cancellation);
        b.Freeze();

        foreach (Work? work in works.Where(work => !_hopeless.Contains(work.Name)))
        {
            await GuardAsync(generation, [work], () => RunWorkAsync(generation, work, a, b, cancellation), cancellation);
        }
    }

    private async Task RunWorkAsync(int generation, Work work, Server a, Server b, CancellationToken cancellation)
    {
        foreach (Server? server in new[] { a, b })
        {
            Say(generation, work, $"warming up {server.Name}");
            await AloneAsync(server, () => work.WarmAsync(server, plan.WarmUp, cancellation));
        }

        await RunPairsAsync(generation, work, aFirst => work is LoadWork { Sliced: true } load
            ? new SlicedPair(load, a, b).MeasureAsync(aFirst, plan.Window, cancellation)
            : InTurnAsync(aFirst, () => OneAsync(a), () => OneAsync(b)), cancellation);

        if (!_hopeless.Contains(work.Name))
        {
            await RunExtrasAsync(generation, work, a, b, cancellation);
        }

        Task<Cell> OneAsync(Server server) => AloneAsync(server, () => work.MeasureAsync(server, plan.Window, cancellation));
    }

    /// <summary>Every cell has a process of its own.</summary>
    private Task RunFreshAsync(int generation, Work work, CancellationToken cancellation)
    {
        return _hopeless.Contains(work.Name) ? Task.CompletedTask : RunPairsAsync(generation, work, aFirst => InTurnAsync(aFirst, () => OneAsync(plan.A), () => OneAsync(plan.B)), cancellation);

        async Task<Cell> OneAsync(ServerSpec spec)
        {
            await using WebAppServer server = await WebAppServer.StartAsync(spec, work.Spread ? Cpus.All : Cpus.Server, cancellation);
            await work.WarmAsync(server, plan.WarmUp, cancellation);
            return await work.MeasureAsync(server, plan.Window, cancellation);
        }
    }

    private async Task RunPairsAsync(int generation, Work work, Func<bool, Task<(Cell A, Cell B)>> measure, CancellationToken cancellation)
    {
        for (int pair = 0; pair < plan.PairsOf(generation); pair++)
        {
            int attempt = 0;
            bool counted;
            do
            {
                Say(generation, work, $"pair {pair + 1} of {plan.PairsOf(generation)}{(attempt > 0 ? ", again" : "")}");

                // A first, then B first: a machine that slows down steadily favours neither.
                (Cell? a, Cell? b) = await measure(pair % 2 == 0);
                cancellation.ThrowIfCancellationRequested();   // what clients say that a Ctrl-C ended is no figure
                counted = a.Counts && b.Counts;
                _cells.Add(a with { Series = "A", Generation = generation, Pair = pair });
                _cells.Add(b with { Series = "B", Generation = generation, Pair = pair });
            }
            while (!counted && ++attempt < Attempts);

            // Not one answer, again and again: the reason will not go away. Noise may.
            if (!counted && _cells.TakeLast(2).Any(cell => cell.Requests is null or 0))
            {
                _hopeless.Add(work.Name);
                return;
            }
        }
    }

    private static async Task<(Cell A, Cell B)> InTurnAsync(bool aFirst, Func<Task<Cell>> measureA, Func<Task<Cell>> measureB)
    {
        Cell first = await (aFirst ? measureA : measureB)();
        Cell second = await (aFirst ? measureB : measureA)();
        return aFirst ? (first, second) : (second, first);
    }

    /// <summary>What the pairs cannot show: latencies, where the pairs were sliced, and system calls, whose counting costs.</summary>
    private async Task RunExtrasAsync(int generation, Work work, Server a, Server b, CancellationToken cancellation)
    {
        foreach ((string? side, Server? server) in new[] { ("A", a), ("B", b) })
        {
            if (work is LoadWork { Sliced: true })
            {
                for (int attempt = 0; attempt < LatencyAttempts && (attempt == 0 || !_latencies[^1].Counts); attempt++)
                {
                    Say(generation, work, $"latencies of {server.Name}{(attempt > 0 ? ", again" : "")}");
                    Cell cell = await AloneAsync(server, () => work.MeasureAsync(server, plan.Window, cancellation));
                    cancellation.ThrowIfCancellationRequested();
                    _latencies.Add(cell with { Series = side, Generation = generation });
                }
            }

            if (generation == 0)
            {
                Say(generation, work, $"system calls of {server.Name}");
                if (await AloneAsync(server, () => work.CountSystemCallsAsync(server, cancellation)) is { } calls)
                {
                    _systemCalls[(work.Name, side)] = calls;
                }
            }
        }
    }

    private static async Task AloneAsync(Server server, Func<Task> action) => await AloneAsync(server, async () =>
    {
        await action();
        return 0;
    });

    private static async Task<T> AloneAsync<T>(Server server, Func<Task<T>> action)
    {
        server.Thaw();
        try
        {
            return await action();
        }
        finally
        {
            server.Freeze();
        }
    }

    private Dictionary<string, double>? SystemCallsOf(Work work)
    {
        Dictionary<string, double> calls = _systemCalls.Where(entry => entry.Key.Work == work.Name).ToDictionary(entry => entry.Key.Side, entry => entry.Value);
        return calls.Count == 0 ? null : calls;
    }

    private void Say(int generation, Work work, string what) =>
        say($"{plan.A.Name} ⇄ {plan.B.Name} · {work.Name} · processes {generation + 1} of {plan.Generations} · {what}");
}
