using System.Net;
using Soak.Clients;
using Soak.Reporting;
using Soak.Server;

namespace Soak.Load;

/// <summary>Keep-alive connections that ask once, stay idle, and ask again: all must be answered.</summary>
internal static class IdleSoak
{
    private const int Batch = 200;
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(120);

    public static async Task<int> RunAsync(SoakPlan plan, int connections, TimeSpan duration)
    {
        Directory.CreateDirectory(plan.Folder);
        ServerSettings settings = plan.Server() with { KeepAlive = duration + TimeSpan.FromHours(1) };
        await using ServerProcess server = await ServerProcess.StartAsync(settings);
        SoakRun run = new SoakRun(plan, server, served: null);
        Progress.Say($"{plan.Transport}: process {server.Id}, seed {plan.Seed}, faults {SoakReport.Faults(plan)}");
        List<HttpConnection> idle = [];
        try
        {
            // One round with as many connections is the warm-up: its memory is what the second round is compared with.
            await OpenAsync(run, idle, connections);
            await CloseAsync(run, idle);
            await OpenAsync(run, idle, connections);
            using (CancellationTokenSource end = new CancellationTokenSource(duration))
            {
                await run.SampleAsync(end.Token);
            }

            await AskAllAsync(run, idle, "asked again");
            await CloseAsync(run, idle);
        }
        catch (Exception exception)
        {
            run.Tally.Failed("probe", "checkpoint", exception);
        }
        finally
        {
            idle.ForEach(connection => connection.Dispose());
        }

        return await SoakReport.FinishAsync(run, "idle",
            $"{connections:N0} connections idle for {duration.TotalMinutes:0.#} minutes, then used again");
    }

    private static async Task OpenAsync(SoakRun run, List<HttpConnection> idle, int count)
    {
        while (idle.Count < count)
        {
            using CancellationTokenSource deadline = new CancellationTokenSource(AnswerDeadline);
            IEnumerable<Task<HttpConnection>> batch = Enumerable.Range(idle.Count, Math.Min(Batch, count - idle.Count))
                .Select(i => HttpConnection.ConnectAsync(
                run.Server.Ports.Http, tls: false, deadline.Token, from: new IPAddress([127, 0, 2, (byte)(1 + (i % 100))]),
                    bufferSize: 512));
            HttpConnection[] opened = await Task.WhenAll(batch);
            idle.AddRange(opened);
            await AskAllAsync(run, opened, "opened");
        }

        Progress.Say($"{run.Probe.Elapsed:hh\\:mm\\:ss}  {idle.Count:N0} connections are open and answered");
    }

    private static async Task CloseAsync(SoakRun run, List<HttpConnection> idle)
    {
        idle.ForEach(connection => connection.Dispose());
        idle.Clear();
        await run.CheckpointAsync();
    }

    private static async Task AskAllAsync(SoakRun run, IReadOnlyCollection<HttpConnection> connections, string kind)
    {
        int number = 0;
        foreach (HttpConnection[] batch in connections.Chunk(Batch))
        {
            using CancellationTokenSource deadline = new CancellationTokenSource(AnswerDeadline);
            await Task.WhenAll(batch.Select(connection => AskAsync(run, connection, kind, number++, deadline.Token)));
        }
    }

    private static async Task AskAsync(SoakRun run, HttpConnection connection, string kind, int number, CancellationToken cancellation)
    {
        try
        {
            int size = number % 700;
            await connection.SendAsync($"GET /bytes?n={size}&key={number} HTTP/1.1\r\nHost: soak\r\n\r\n", cancellation);
            await connection.ReadBodyAsync(await connection.ReadHeadAsync(200, cancellation), new PatternCheck(number, size), cancellation);
            run.Tally.For(kind).Add(size);
        }
        catch (Exception exception)
        {
            run.Tally.Failed(kind, $"connection {number}", exception);
        }
    }
}
