using Soak.Reporting;
using Soak.Server;

namespace Soak.Load;

/// <summary>Keep-alive connections that ask once, stay idle, and ask again: all must be answered.</summary>
internal static class IdleSoak
{
    public static async Task<int> RunAsync(SoakPlan plan, int connections, TimeSpan duration)
    {
        Directory.CreateDirectory(plan.Folder);
        ServerSettings settings = plan.Server() with { KeepAlive = duration + TimeSpan.FromHours(1) };
        await using ServerProcess server = await ServerProcess.StartAsync(settings);
        SoakRun run = new SoakRun(plan, server, served: null);
        Progress.Say($"{plan.Transport}: process {server.Id}, seed {plan.Seed}, faults {SoakReport.Faults(plan)}");
        using IdleCrowd crowd = new IdleCrowd(server.Ports, run.Tally);
        try
        {
            // One round with as many connections is the warm-up: its memory is what the second round is compared with.
            await OpenAsync(run, crowd, connections);
            await CloseAsync(run, crowd);
            await OpenAsync(run, crowd, connections);
            using (CancellationTokenSource end = new CancellationTokenSource(duration))
            {
                await run.SampleAsync(end.Token);
            }

            run.JudgeSteadyLoad();
            await crowd.AskAllAsync("asked again");
            await CloseAsync(run, crowd);
        }
        catch (Exception exception)
        {
            run.Tally.Failed("probe", "checkpoint", exception);
        }

        return await SoakReport.FinishAsync(run, "idle",
            $"{connections:N0} connections idle for {duration.TotalMinutes:0.#} minutes, then used again");
    }

    private static async Task OpenAsync(SoakRun run, IdleCrowd crowd, int count)
    {
        await crowd.OpenAsync(count);
        Progress.Say($"{run.Probe.Elapsed:hh\\:mm\\:ss}  {crowd.Count:N0} connections are open and answered");
    }

    private static async Task CloseAsync(SoakRun run, IdleCrowd crowd)
    {
        crowd.Close();
        await run.CheckpointAsync();
    }
}
