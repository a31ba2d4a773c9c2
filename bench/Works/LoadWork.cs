using System.Net.Sockets;
using Bench.Load;
using Bench.Measuring;
using Bench.Plans;
using Bench.Results;
using Bench.Servers;

namespace Bench.Works;

/// <summary>A work that puts a load on a server and measures what the server uses for it.</summary>
internal sealed record LoadWork(string Name, string Description, ILoad Load, Headline Headline) : Work(Name, Description, Headline)
{
    /// <summary>The number of idle keep-alive connections held during the load.</summary>
    public int Idle { get; init; }

    /// <summary>
    /// Whether two servers can be compared in slices. Only closed loops can be paused without changing what they measure, and slices
    /// distort rates and latencies.
    /// </summary>
    public bool Sliced => Headline == Headline.Cpu && Also.Count == 0 && Idle == 0 && !Spread && Lifetime == ProcessLifetime.Generation
        && !OpenLoop;

    /// <summary>Whether the load starts requests at a fixed rate.</summary>
    public bool OpenLoop { get; init; }

    /// <summary>The load that warms the server up; null for the load itself.</summary>
    public ILoad? WarmLoad { get; init; }

    /// <summary>The minimum length of a measurement.</summary>
    public TimeSpan MinimumWindow { get; init; }

    /// <summary>Whether every cell needs a process that has not been measured before.</summary>
    public bool NeedsNewProcess { get; init; }

    public override Tool? Needs => Load.Needs;

    public override ProcessLifetime Lifetime => NeedsNewProcess ? ProcessLifetime.Cell : ProcessLifetime.Generation;

    public override Task WarmAsync(Server server, MeasureSettings settings, CancellationToken cancellation) =>
        settings.WarmUp.RunAsync(server, WarmLoad ?? Load, cancellation);

    public override async Task<Cell> MeasureAsync(Server server, WorkPoint point, MeasureSettings settings, CancellationToken cancellation)
    {
        TimeSpan duration = settings.Window < MinimumWindow ? MinimumWindow : settings.Window;
        try
        {
            using IdleConnections idle = IdleConnections.Open(server.EndPoint, Idle + point.Idle, cancellation);
            return await LoadMeasurement.RunAsync(Name, Load, server, duration, settings, cancellation);
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or HttpRequestException or SocketException)
        {
            return new Cell { Server = server.Name, Work = Name, Refused = failure.Message, Requests = 0 };
        }
    }

    public override async Task<double?> CountSystemCallsAsync(Server server, CancellationToken cancellation)
    {
        // A tracepoint adds a cost to every system call, so the calls are counted in a window of their own.
        await using PerfStat? perf = await PerfStat.StartAsync(server, PerfStat.SystemCalls);
        if (perf is null)
        {
            return null;
        }

        LoadResult result = await Load.RunAsync(server, TimeSpan.FromSeconds(1), _ => { }, cancellation);
        IReadOnlyDictionary<string, long> counts = await perf.StopAsync();
        return result is { Error: null, Requests: > 0 } && counts.TryGetValue(PerfStat.SystemCalls, out long calls)
            ? (double)calls / result.Requests
            : null;
    }
}
