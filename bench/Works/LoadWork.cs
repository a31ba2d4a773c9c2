using Bench.Load;
using Bench.Measuring;
using Bench.Results;
using Bench.Servers;

namespace Bench.Works;

/// <summary>A load, and what it costs the server.</summary>
internal sealed record LoadWork(string Name, string Says, ILoad Load, Headline Headline) : Work(Name, Says, Headline)
{
    /// <summary>Idle keep-alive connections held beside the load.</summary>
    public int Idle { get; init; }

    /// <summary>
    /// Whether two servers can be compared in slices: closed loops without idle connections, since these are the ones that do not mind
    /// being halted.
    /// </summary>
    public bool Sliced => Headline == Headline.Cpu && Idle == 0 && !Spread && !Fresh;

    /// <summary>What warms the server up; the load itself unless it would leave something behind.</summary>
    public ILoad? WarmLoad { get; init; }

    /// <summary>The least time that says something about this work.</summary>
    public TimeSpan AtLeast { get; init; }

    public override Tool? Needs => Load.Needs;

    public override bool Fresh => WarmLoad is not null;

    public override Task WarmAsync(Server server, WarmUp limits, CancellationToken cancellation) =>
        limits.RunAsync(server, WarmLoad ?? Load, cancellation);

    public override async Task<Cell> MeasureAsync(Server server, TimeSpan duration, CancellationToken cancellation)
    {
        duration = duration < AtLeast ? AtLeast : duration;
        try
        {
            using IdleConnections idle = IdleConnections.Open(server.EndPoint, Idle, cancellation);
            return await MeasureBesideAsync(server, duration, cancellation);
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or HttpRequestException or System.Net.Sockets.SocketException)
        {
            return new Cell { Server = server.Name, Work = Name, Refused = failure.Message, Requests = 0 };
        }
    }

    public override async Task<double?> CountSystemCallsAsync(Server server, CancellationToken cancellation)
    {
        // A tracepoint costs something at every call, so the calls have a window of their own.
        await using PerfStat? perf = await PerfStat.StartAsync(server.ProcessIds, PerfStat.SystemCalls);
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

    private async Task<Cell> MeasureBesideAsync(Server server, TimeSpan duration, CancellationToken cancellation)
    {
        SelfReport? before = await server.AskAsync(cancellation);
        await using PerfStat? perf = Instructions.Supported.Count > 0 ? await PerfStat.StartAsync(server.ProcessIds, Instructions.Supported) : null;

        Window window = Window.Open(server, Spread ? Cpus.All : Cpus.Server);
        Task<LoadResult> load = Load.RunAsync(server, duration, window.OnClientStarted, cancellation);
        await window.WatchAsync(duration, load, cancellation);
        LoadResult result = await load;
        WindowUse used = window.Close();

        IReadOnlyDictionary<string, long>? counts = perf is null ? null : await perf.StopAsync();
        SelfReport? after = await server.AskAsync(cancellation);
        MemoryUse memory = MemoryUse.Read(server.ProcessIds);
        double requests = Math.Max(result.Requests, 1.0);

        return new Cell
        {
            Server = server.Name,
            Work = Name,
            Refused = Acceptance.Judge(result, used),
            Seconds = result.Seconds,
            Requests = result.Requests,
            Offered = result.Offered,
            RequestsPerSecond = result.RequestsPerSecond,
            CpuPerRequest = used.Cpu.TotalMicroseconds / requests,
            UserInstructionsPerRequest = PerRequest(PerfStat.UserInstructions),
            KernelInstructionsPerRequest = PerRequest(PerfStat.KernelInstructions),
            ContextSwitchesPerRequest = used.ContextSwitches / requests,
            AllocatedBytesPerRequest = (after?.Process.AllocatedBytes - before?.Process.AllocatedBytes) / requests,
            Collections = after?.Process.Collections[0] - before?.Process.Collections[0],
            Latency = result.Latency,
            ProportionalMemory = memory.Proportional,
            ResidentMemory = memory.Resident,
            ServerBusy = used.ServerBusy,
            ClientBusy = used.ClientBusy,
        };

        double? PerRequest(string name) => counts is not null && counts.TryGetValue(name, out long count) ? count / requests : null;
    }
}
