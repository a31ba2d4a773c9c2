using System.Diagnostics;
using System.Globalization;
using Soak.Reporting;
using Soak.Server;

namespace Soak.Load;

/// <summary>The random clients of the test suite with one seed after another, on a server of its own each, in this process.</summary>
internal static class SeedsSoak
{
    private const int Clients = 6;

    /// <summary>A client that is one of several takes the seeds after the first: two runs must not share them.</summary>
    private const int SeedStep = 100;

    public static async Task<int> RunAsync(IReadOnlyList<string> transports, int firstSeed, int count, int exchanges, int faults,
        string command)
    {
        if (faults > 0)
        {
            FaultPlan.Install();
        }

        ThreadPool.SetMinThreads(16, 16);
        List<string> rows = [];
        List<string> failures = [];
        foreach (string name in transports)
        {
            long since = Stopwatch.GetTimestamp();
            int failed = 0;
            TransportUnderTest transport = TransportCatalogue.Get(name);
            await StartAndStopAsync(transport);
            for (int i = 0; i < count; i++)
            {
                int seed = firstSeed + (i * SeedStep);
                if (await TryAsync(transport, seed, exchanges, faults) is { } exception)
                {
                    failed++;
                    string again = $"./build.sh soak seeds --transport {name} --seed {seed} --count 1 "
                        + $"--exchanges {exchanges} --faults {faults}";
                    failures.Add($"{name}, seed {seed}: {exception.Message} (again: {again})");
                    Progress.Say("FAILED: " + failures[^1]);
                }

                if ((i + 1) % 100 == 0)
                {
                    Progress.Say($"{name}: {i + 1} of {count} seeds, {failed} failed, {Stopwatch.GetElapsedTime(since):hh\\:mm\\:ss}");
                }
            }

            long all = (long)count * Clients * exchanges;
            TimeSpan took = Stopwatch.GetElapsedTime(since);
            rows.Add(string.Create(CultureInfo.InvariantCulture, $"| {name} | {count:N0} | {all:N0} | {failed} | {took:hh\\:mm\\:ss} |"));
        }

        return await SeedsReport.FinishAsync(rows, failures, firstSeed, command);
    }

    /// <summary>What the process opens once in its life is no run's leak.</summary>
    private static async Task StartAndStopAsync(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.RouteAsync);
        await RandomClient.RunAllAsync(server, 1, Clients, 20);
    }

    /// <returns>What went wrong; null where nothing did.</returns>
    private static async Task<Exception?> TryAsync(TransportUnderTest transport, int seed, int exchanges, int faults)
    {
        DiceFaults kinds = FaultPlan.For(transport, []) & ~DiceFaults.ScarceAccept;
        try
        {
            LeakCheck leaks = new LeakCheck();
            FaultShimDice(kinds, seed, faults);
            await using (WebServer server = await WebServer.StartAsync(transport, TestApp.RouteAsync,
                new TransportSettings { LoopCount = 2 }))
            {
                await RandomClient.RunAllAsync(server, seed, Clients, exchanges).WaitAsync(Deadline.Default * 2);
                await server.StopAsync();
                await server.Pools.AllReturnedAsync();
            }

            await leaks.NothingLeakedAsync();
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
        finally
        {
            FaultShimDice(kinds, 0, 0);
        }
    }

    private static void FaultShimDice(DiceFaults kinds, int seed, int faults)
    {
        if (kinds != DiceFaults.None)
        {
            FaultShim.RollDice((ulong)seed, faults, kinds);
        }
    }
}
