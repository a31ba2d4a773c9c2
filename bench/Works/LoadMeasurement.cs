using Bench.Load;
using Bench.Measuring;
using Bench.Plans;
using Bench.Results;
using Bench.Servers;

namespace Bench.Works;

/// <summary>Measures a server in an uninterrupted window under a load.</summary>
internal static class LoadMeasurement
{
    public static async Task<Cell> RunAsync(
        string work, ILoad load, Server server, TimeSpan duration, MeasureSettings settings, CancellationToken cancellation)
    {
        SelfReport? before = await server.AskAsync(cancellation);
        await using PerfStat? perf = settings.InstructionEvents.Count > 0 ? await PerfStat.StartAsync(server, settings.InstructionEvents)
            : null;

        Window window = Window.Open(server);
        Task<LoadResult> running = load.RunAsync(server, duration, window.OnClientStarted, cancellation);
        await window.WatchAsync(duration, running, cancellation);
        LoadResult result = await running;
        WindowUse used = window.Close();

        IReadOnlyDictionary<string, long>? counts = perf is null ? null : await perf.StopAsync();
        SelfReport? after = await server.AskAsync(cancellation);
        MemoryUse memory = MemoryUse.Read(server.ProcessIds);
        double requests = Math.Max(result.Requests, 1.0);

        return new Cell
        {
            Server = server.Name,
            Work = work,
            Refused = settings.Acceptance.Judge(result, used),
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
            Figures = result is { FirstSecond: { } early, AfterFirstSecond: { } late }
                ? new Dictionary<string, double> { [Headline.EarlyTailFigure] = early.P99, [Headline.LateTailFigure] = late.P99 }
                : null,
            ProportionalMemory = memory.Proportional,
            ResidentMemory = memory.Resident,
            ServerBusy = used.ServerBusy,
            ClientBusy = used.ClientBusy,
        };

        double? PerRequest(string name) => counts is not null && counts.TryGetValue(name, out long count) ? count / requests : null;
    }
}
