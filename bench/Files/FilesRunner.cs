using Bench.Load;
using Bench.Measuring;
using Bench.Results;
using Bench.Servers;

namespace Bench.Files;

/// <summary>Every server at every work, with a trickle of small requests beside it.</summary>
internal sealed class FilesRunner(FileSet files, TimeSpan window, TimeSpan warmUp, int rounds, Action<string> say)
{
    private const double Gibibyte = 1 << 30;
    private const double BesideRate = 200;

    private readonly List<Cell> _cells = [];
    private readonly List<string> _skipped = [];

    public IReadOnlyList<Cell> Cells => _cells;

    public IReadOnlyList<string> Skipped => _skipped;

    public async Task RunAsync(CancellationToken cancellation)
    {
        say($"writing {files.TotalBytes >> 20} MiB of files to {files.Folder}");
        await files.MakeAsync(cancellation);

        var coldRefused = PageCache.TryDrop();
        if (coldRefused is not null)
            _skipped.Add($"cold works: {coldRefused}");
        if (!Tool.Nginx.IsHere)
            _skipped.Add($"nginx: {Tool.Nginx.Missing}");

        for (var round = 0; round < rounds; round++)
        {
            foreach (var server in FileServer.All.Where(server => !server.IsNginx || Tool.Nginx.IsHere))
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

    private async Task RunServerAsync(FileServer spec, int round, bool canBeCold, CancellationToken cancellation)
    {
        await using var server = await spec.StartAsync(files, cancellation);
        foreach (var work in FileWork.All(files).Where(work => !work.Cold || canBeCold))
        {
            var load = work.Load(spec.Prefix);
            if (load.Needs is { IsHere: false } tool)
            {
                _skipped.Add($"{work.Name}: {tool.Missing}");
                continue;
            }

            say($"{spec.Name} · {work.Name} · round {round + 1} of {rounds}");
            if (load is Wrk)
                await load.RunAsync(server, warmUp, _ => { }, cancellation);
            if (work.Cold)
                PageCache.TryDrop();
            _cells.Add(await MeasureAsync(spec.Name, server, work.Name, load, cancellation) with { Pair = round });
        }
    }

    private async Task<Cell> MeasureAsync(string name, Server server, string work, ILoad load, CancellationToken cancellation)
    {
        var cached = PageCache.ReadBytes();
        var measuring = Window.Open(server, Cpus.Server);
        var beside = OwnLoad.Open(Exchange.Get("/plaintext"), 2, BesideRate).RunAsync(server, window, _ => { }, cancellation);
        var result = await load.RunAsync(server, window, measuring.OnClientStarted, cancellation);
        var used = measuring.Close();
        var small = await beside;

        var bytes = (double)(result.Bytes ?? 0);
        return new Cell
        {
            Server = name,
            Work = work,
            Refused = result.Error ?? small.Error ?? (used.Strangers > 0 ? $"another process listens on port {used.EndPoint.Port} too" : null),
            Seconds = result.Seconds,
            Requests = result.Requests,
            RequestsPerSecond = result.RequestsPerSecond,
            CpuPerRequest = used.Cpu.TotalMicroseconds / Math.Max(1, result.Requests),
            Latency = result.Latency,
            ProportionalMemory = MemoryUse.Read(server.ProcessIds).Proportional,
            Figures = new Dictionary<string, double>
            {
                ["gigabytesPerSecond"] = bytes / 1e9 / result.Seconds,
                ["cpuSecondsPerGibibyte"] = used.Cpu.TotalSeconds / Math.Max(bytes, 1) * Gibibyte,
                ["besideP50Milliseconds"] = (small.Latency?.P50 ?? 0) / 1000,
                ["besideP99Milliseconds"] = (small.Latency?.P99 ?? 0) / 1000,
                ["pageCacheGrownMebibytes"] = (PageCache.ReadBytes() - cached) / 1048576.0,
            },
        };
    }
}
