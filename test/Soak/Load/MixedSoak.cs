using Soak.Clients;
using Soak.Reporting;
using Soak.Server;

namespace Soak.Load;

/// <summary>Clients of every kind for a time, in rounds; between two rounds all of them leave, and what is left is measured.</summary>
internal static class MixedSoak
{
    private const int Rounds = 12;

    /// <summary>Shorter rounds spend most of their time on connecting.</summary>
    private static readonly TimeSpan ShortestRound = TimeSpan.FromSeconds(8);

    public static async Task<int> RunAsync(SoakPlan plan, TimeSpan duration, IReadOnlyCollection<string>? only)
    {
        Directory.CreateDirectory(plan.Folder);
        using FileTree files = FileTree.Create(plan.Folder);
        await using ServerProcess server = await ServerProcess.StartAsync(plan.Server(files.Folder));
        SoakRun run = new SoakRun(plan, server, files.Folder);
        Progress.Say($"{plan.Transport}: process {server.Id}, seed {plan.Seed}, faults {SoakReport.Faults(plan)}");
        IReadOnlyList<Client> clients = ClientMix.Make(plan.Seed, only, server.Ports, files, run.Tally);
        TimeSpan round = duration / Rounds > ShortestRound ? duration / Rounds : ShortestRound;
        try
        {
            do
            {
                using CancellationTokenSource end = new CancellationTokenSource(round);
                Task sampling = run.SampleAsync(end.Token);
                await Task.WhenAll(clients.Select(client => Task.Run(() => client.RunAsync(end.Token))));
                await sampling;
                await run.CheckpointAsync();
            }
            while (run.Probe.Elapsed < duration && !server.HasExited);
        }
        catch (Exception exception)
        {
            run.Tally.Failed("probe", "checkpoint", exception);
        }

        return await SoakReport.FinishAsync(run, "mixed", $"{clients.Count} clients for {duration.TotalMinutes:0.#} minutes");
    }
}
