using Bench.Load;
using Bench.Measuring;
using Bench.Results;
using Bench.Servers;

namespace Bench.Files;

/// <summary>A load of files, and a trickle of small requests beside it.</summary>
/// <param name="Load">Made for a URL prefix.</param>
internal sealed record FileLoadWork(string Name, string Says, bool Cold, Func<string, ILoad> Load) : FileWork(Name, Says, Cold)
{
    /// <summary>What warms a server up, where the load itself would leave it with work for clients that have gone.</summary>
    public Func<string, ILoad>? WarmLoad { get; init; }

    private const double Gibibyte = 1 << 30;
    private const double BesideRate = 200;
    private static readonly Exchange Small = Exchange.Get("/plaintext");
    private static readonly TimeSpan WarmSmall = TimeSpan.FromSeconds(1);

    public override Tool? Needs => Load("").Needs;

    public override async Task WarmAsync(Server server, string prefix, TimeSpan duration, CancellationToken cancellation)
    {
        await (WarmLoad ?? Load)(prefix).RunAsync(server, duration, _ => { }, cancellation);

        if (!Cold && Reads is { } files)
        {
            PageCache.Fill(files);
        }

        // The trickle is too thin to be compiled well in the time that it has.
        await OwnLoad.Closed(Small, 4).RunAsync(server, WarmSmall, _ => { }, cancellation);
    }

    public override async Task<Cell> MeasureAsync(FileServer spec, Server server, TimeSpan duration, CancellationToken cancellation)
    {
        long cached = PageCache.ReadBytes();
        Window window = Window.Open(server, Cpus.Server);
        Task<LoadResult> beside = OwnLoad.Open(Small, 2, BesideRate).RunAsync(server, duration, _ => { }, cancellation);
        Task<LoadResult> load = Load(spec.Prefix).RunAsync(server, duration, window.OnClientStarted, cancellation);
        await window.WatchAsync(duration, load, cancellation);
        LoadResult result = await load;
        WindowUse used = window.Close();
        LoadResult small = await beside;

        return new Cell
        {
            Server = spec.Name,
            Work = Name,
            Refused = result.Error ?? small.Error ?? (used.Strangers > 0 ? $"another process listens on port {used.EndPoint.Port} too" : null),
            Seconds = result.Seconds,
            Requests = result.Requests,
            RequestsPerSecond = result.RequestsPerSecond,
            CpuPerRequest = used.Cpu.TotalMicroseconds / Math.Max(1, result.Requests),
            Latency = result.Latency,
            ProportionalMemory = MemoryUse.Read(server.ProcessIds).Proportional,
            ServerBusy = used.ServerBusy,
            ClientBusy = used.ClientBusy,
            Figures = Figures(),
        };

        Dictionary<string, double> Figures()
        {
            Dictionary<string, double> figures = new Dictionary<string, double>
            {
                ["besideP50Milliseconds"] = (small.Latency?.P50 ?? 0) / 1000,
                ["besideP99Milliseconds"] = (small.Latency?.P99 ?? 0) / 1000,
                ["besideClientLagMilliseconds"] = (small.ClientLag ?? 0) / 1000,
                ["pageCacheGrownMebibytes"] = (PageCache.ReadBytes() - cached) / 1048576.0,
                ["contextSwitchesPerSecond"] = used.ContextSwitches / result.Seconds,
            };
            if (result.Bytes is > 0)
            {
                figures["gigabytesPerSecond"] = result.Bytes.Value / 1e9 / result.Seconds;
                figures["cpuSecondsPerGibibyte"] = used.Cpu.TotalSeconds * Gibibyte / result.Bytes.Value;
            }

            return figures;
        }
    }
}
