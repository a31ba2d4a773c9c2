using System.CommandLine;
using Bench.Measuring;
using Bench.Models;
using Bench.Results;
using Bench.Servers;

namespace Bench.Commands;

/// <summary><c>bench models</c>.</summary>
internal static class ModelsCommand
{
    public static Command Make()
    {
        var models = new Option<string?>("--models") { Description = "transports, with commas; all that the sample knows when not given" };
        var only = new Option<string?>("--curves") { Description = "curves, with commas: idle-cost, reply-rate, trigger, accept, rtsig-queue" };
        var brief = new Option<bool>("--short") { Description = "fewer points and shorter windows" };
        var json = new Option<bool>("--json") { Description = "the result as JSON on standard output" };
        var command = new Command("models", "the curves that the I/O models are known for") { models, only, brief, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var known = await WebAppServer.ListTransportsAsync();
            var chosen = Chosen.Of("--models", parsed.GetValue(models) ?? "all", known, model => model);
            var plan = parsed.GetValue(brief) ? ModelsPlan.Short(chosen) : ModelsPlan.Full(chosen);
            var curves = Curves.Of(plan);
            if (parsed.GetValue(only) is { } names)
                curves = Chosen.Of("--curves", names, curves, curve => curve.Work);

            await RunAsync(curves, new Session(parsed.GetValue(json)), CommandLines.Of(parsed), cancellation);
            return cancellation.IsCancellationRequested ? ExitCodes.Stopped : ExitCodes.Good;
        });
        return command;
    }

    public static async Task<ResultFile> RunAsync(IReadOnlyList<Curve> curves, Session session, string commandLine, CancellationToken cancellation)
    {
        Cpus.Client.PinThisProcess();
        await Instructions.ProbeAsync();
        var result = ResultFile.Begin("models", commandLine, await ResultFile.ReadCommitAsync());
        var runner = await session.ShowAsync(async say =>
        {
            var running = new ModelsRunner(curves, say);
            await Session.KeepingAsync(say, () => running.RunAsync(cancellation), cancellation);
            return running;
        });

        result = result with { Cells = runner.Cells, Skipped = [.. Cpus.Together, .. runner.Skipped] };
        foreach (var curve in result.Cells.GroupBy(cell => cell.Work))
            ModelsTables.Of(curve.Key, curve).Write(session.Out);
        session.Finish(result);
        return result;
    }
}
