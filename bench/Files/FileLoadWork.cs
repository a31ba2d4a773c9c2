using Bench.Clients;
using Bench.Load;
using Bench.Measuring;
using Bench.Plans;
using Bench.Results;
using Bench.Servers;
using Bench.Works;

namespace Bench.Files;

/// <summary>A load of file requests with 200 small requests per second beside it.</summary>
/// <param name="Name">The name on the command line and in results.</param>
/// <param name="Description">What is requested, and how.</param>
/// <param name="Cold">Whether the page cache is emptied before the measurement.</param>
/// <param name="Load">Returns the load for a URL prefix; null for the small requests alone.</param>
internal sealed record FileLoadWork(string Name, string Description, bool Cold, Func<string, ILoad>? Load)
    : Work(Name, Description, Headline.CpuPerGibibyte), IFileWork
{
    private const double Gibibyte = 1 << 30;
    private const double SmallRate = 200;
    private static readonly Exchange Small = Exchange.Get("/plaintext");
    private static readonly TimeSpan SmallWarmUp = TimeSpan.FromSeconds(1);

    public FileGroup? Reads { get; init; }

    /// <summary>The files that are read into the page cache after it was emptied; null for none.</summary>
    public FileGroup? Cached { get; init; }

    /// <summary>The load that warms the server up, where the load itself would leave it reading for clients that have gone.</summary>
    public Func<string, ILoad>? WarmLoad { get; init; }

    public override Tool? Needs => Load?.Invoke("").Needs;

    /// <summary>A process that still reads for clients that have gone would disturb the next cell.</summary>
    public override ProcessLifetime Lifetime => ProcessLifetime.Cell;

    public override async Task WarmAsync(Server server, MeasureSettings settings, CancellationToken cancellation)
    {
        if ((WarmLoad ?? Load) is { } load)
        {
            await load(server.FilesPrefix).RunAsync(server, settings.WarmUp.AtLeast, _ => { }, cancellation);
        }

        if (!Cold && Reads is { } files)
        {
            PageCache.Fill(files);
        }

        // The small requests of a measurement are too few for the JIT to recompile their path.
        await OwnLoad.Closed(Small, 4).RunAsync(server, SmallWarmUp, _ => { }, cancellation);
        if (Cold)
        {
            PageCache.TryDrop();
        }

        if (Cached is { } part)
        {
            PageCache.Fill(part);
        }
    }

    public override async Task<Cell> MeasureAsync(Server server, WorkPoint point, MeasureSettings settings, CancellationToken cancellation)
    {
        long cached = PageCache.ReadBytes();
        Window window = Window.Open(server);
        Task<LoadResult> beside = OwnLoad.Open(Small, 2, SmallRate).RunAsync(server, settings.Window, _ => { }, cancellation);
        Task<LoadResult> load = Load?.Invoke(server.FilesPrefix).RunAsync(server, settings.Window, window.OnClientStarted, cancellation)
            ?? beside;
        await window.WatchAsync(settings.Window, load, cancellation);
        LoadResult result = await load;
        WindowUse used = window.Close();
        return ToCell(server, settings, result, await beside, used, PageCache.ReadBytes() - cached);
    }

    /// <summary>Makes the cell of a measurement, by the acceptance rules of all other works.</summary>
    internal Cell ToCell(Server server, MeasureSettings settings, LoadResult result, LoadResult small, WindowUse used, long cacheGrowth)
    {
        return new Cell
        {
            Server = server.Name,
            Work = Name,
            Refused = settings.Acceptance.Judge(result, used) ?? small.Error,
            Seconds = result.Seconds,
            Requests = result.Requests,
            RequestsPerSecond = result.RequestsPerSecond,
            CpuPerRequest = result.Requests == 0 ? null : used.Cpu.TotalMicroseconds / result.Requests,
            Latency = result.Latency,
            ProportionalMemory = MemoryUse.Read(server.ProcessIds).Proportional,
            ServerBusy = used.ServerBusy,
            ClientBusy = used.ClientBusy,
            Figures = Figures(result, small, used, cacheGrowth),
        };
    }

    private static Dictionary<string, double> Figures(LoadResult result, LoadResult small, WindowUse used, long cacheGrowth)
    {
        Dictionary<string, double> figures = new Dictionary<string, double>
        {
            ["pageCacheGrownMebibytes"] = cacheGrowth / 1048576.0,
            ["contextSwitchesPerSecond"] = used.ContextSwitches / result.Seconds,
            ["besideClientLagMilliseconds"] = (small.ClientLag ?? 0) / 1000,
        };

        // The rule that refuses an open loop's cell for a late client applies here to the figures that it concerns.
        if (AcceptanceRules.JudgeLoad(small) is null && small.Latency is { } latency)
        {
            figures["besideP50Milliseconds"] = latency.P50 / 1000;
            figures["besideP99Milliseconds"] = latency.P99 / 1000;
        }

        if (result.Bytes is > 0)
        {
            figures["gigabytesPerSecond"] = result.Bytes.Value / 1e9 / result.Seconds;
            figures["cpuSecondsPerGibibyte"] = used.Cpu.TotalSeconds * Gibibyte / result.Bytes.Value;
        }

        return figures;
    }
}
