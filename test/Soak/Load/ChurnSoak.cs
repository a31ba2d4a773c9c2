using Soak.Clients;
using Soak.Reporting;
using Soak.Server;

namespace Soak.Load;

/// <summary>So many connections, one request each, from a few dozen clients.</summary>
internal static class ChurnSoak
{
    private const int Rounds = 10;

    public static async Task<int> RunAsync(SoakPlan plan, long connections, int clients)
    {
        Directory.CreateDirectory(plan.Folder);
        using FileTree files = FileTree.Create(plan.Folder);
        await using ServerProcess server = await ServerProcess.StartAsync(plan.Server());
        SoakRun run = new SoakRun(plan, server, served: null);
        Progress.Say($"{plan.Transport}: process {server.Id}, seed {plan.Seed}, faults {SoakReport.Faults(plan)}");
        Client[] all = [.. Enumerable.Range(0, clients)
            .Select(i => new ChurnClient(
                new ClientContext("churn", unchecked((int)plan.Seed * 1000) + i, server.Ports, files, run.Tally)))];
        try
        {
            for (int round = 1; round <= Rounds && !server.HasExited; round++)
            {
                await RoundAsync(run, all, connections * round / Rounds);
                await run.CheckpointAsync();
            }
        }
        catch (Exception exception)
        {
            run.Tally.Failed("probe", "checkpoint", exception);
        }

        return await SoakReport.FinishAsync(run, "churn", $"{connections:N0} connections from {clients} clients");
    }

    private static async Task RoundAsync(SoakRun run, Client[] clients, long until)
    {
        using CancellationTokenSource end = new CancellationTokenSource();
        Task sampling = run.SampleAsync(end.Token);
        Task load = Task.WhenAll(clients.Select(client => Task.Run(() => client.RunAsync(end.Token))));
        while (run.Tally.For("churn") is var churn && churn.Requests + churn.Errors < until && !run.Server.HasExited)
        {
            await Task.Delay(20);
        }

        await end.CancelAsync();
        await load;
        await sampling;
    }
}
