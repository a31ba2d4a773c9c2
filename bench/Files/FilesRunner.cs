using Bench.Load;
using Bench.Results;

namespace Bench.Files;

/// <summary>Every server at every work, with a trickle of small requests beside it.</summary>
internal sealed class FilesRunner(FilesPlan plan, Action<string> say)
{
    private readonly List<Cell> _cells = [];
    private readonly List<string> _skipped = [];

    public IReadOnlyList<Cell> Cells => _cells;

    public IReadOnlyList<string> Skipped => _skipped;

    public async Task RunAsync(CancellationToken cancellation)
    {
        say($"writing {plan.Files.TotalBytes >> 20} MiB of files to {plan.Files.Folder}");
        await plan.Files.MakeAsync(cancellation);

        var coldRefused = PageCache.TryDrop();
        if (coldRefused is not null)
            _skipped.Add($"cold works: {coldRefused}");
        if (!Tool.Nginx.IsHere)
            _skipped.Add($"nginx: {Tool.Nginx.Missing}");

        for (var round = 0; round < plan.Rounds; round++)
        {
            foreach (var server in plan.Servers.Where(server => !server.IsNginx || Tool.Nginx.IsHere))
            {
                try
                {
                    await RunServerAsync(server, round, coldRefused is null, cancellation);
                }
                catch (Exception failure) when (failure is InvalidOperationException or IOException or HttpRequestException)
                {
                    _skipped.Add($"{server.Name}: {failure.Message}");
                }
            }
        }
    }

    /// <summary>A process for every work: one that goes on reading for clients that have left would spoil the next.</summary>
    private async Task RunServerAsync(FileServer spec, int round, bool canBeCold, CancellationToken cancellation)
    {
        foreach (var work in plan.Works.Where(work => !work.Cold || canBeCold))
        {
            if (work.Needs is { IsHere: false } tool)
            {
                _skipped.Add($"{work.Name}: {tool.Missing}");
                continue;
            }

            say($"{spec.Name} · {work.Name} · round {round + 1} of {plan.Rounds}");
            await using var server = await spec.StartAsync(plan.Files, cancellation);
            await work.WarmAsync(server, spec.Prefix, plan.WarmUp, cancellation);
            if (work.Cold)
                PageCache.TryDrop();
            _cells.Add(await work.MeasureAsync(spec, server, plan.Window, cancellation) with { Pair = round });
        }
    }
}
