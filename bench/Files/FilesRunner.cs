using System.Net.Sockets;
using Bench.Load;
using Bench.Results;
using Bench.Servers;

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
        await FileSet.MakeAsync(Needed(), say, cancellation);

        string? coldRefused = PageCache.TryDrop();
        if (coldRefused is not null)
        {
            _skipped.Add($"cold works: {coldRefused}");
        }

        if (!Tool.Nginx.IsHere)
        {
            _skipped.Add($"nginx: {Tool.Nginx.Missing}");
        }

        _skipped.AddRange(plan.Works.Where(work => work.Needs is { IsHere: false }).Select(work => $"{work.Name}: {work.Needs!.Missing}"));
        FileWork[] works = plan.Works.Where(work => work.Needs is not { IsHere: false } && (!work.Cold || coldRefused is null)).ToArray();
        FileServer[] servers = plan.Servers.Where(server => !server.IsNginx || Tool.Nginx.IsHere).ToArray();
        for (int round = 0; round < plan.Rounds; round++)
        {
            // Servers at the same work are neighbours in time, and every other round the last comes first: a machine that slows down
            // steadily favours none.
            foreach (FileWork? work in works)
            {
                foreach (FileServer? server in round % 2 == 0 ? servers : servers.Reverse())
                {
                    await RunAsync(server, work, round, cancellation);
                }
            }
        }
    }

    /// <summary>A process for every cell: one that goes on reading for clients that have left would spoil the next.</summary>
    private async Task RunAsync(FileServer spec, FileWork work, int round, CancellationToken cancellation)
    {
        say($"{spec.Name} · {work.Name} · round {round + 1} of {plan.Rounds}");
        try
        {
            await using Server server = await spec.StartAsync(plan.Files, cancellation);
            await work.WarmAsync(server, spec.Prefix, plan.WarmUp, cancellation);
            if (work.Cold)
            {
                PageCache.TryDrop();
            }

            Cell cell = await work.MeasureAsync(spec, server, plan.Window, cancellation);
            cancellation.ThrowIfCancellationRequested();   // a Ctrl-C ends client and server too, and what they then say is no figure
            _cells.Add(cell with { Pair = round });
        }
        catch (Exception failure) when (failure is InvalidOperationException or IOException or HttpRequestException or SocketException && !cancellation.IsCancellationRequested)
        {
            _skipped.Add($"{spec.Name}, {work.Name}: {failure.Message}");
        }
    }

    /// <summary>What the works read; where two read of the same, the one that wants more.</summary>
    private FileGroup[] Needed() =>
        [.. plan.Works.Select(work => work.Reads).OfType<FileGroup>().GroupBy(group => group.Name).Select(same => same.MaxBy(group => group.Count)!)];
}
