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
        Option<string?> models = new Option<string?>("--models") { Description = "transports, with commas; all that the sample knows when not given" };
        Option<string?> only = new Option<string?>("--curves") { Description = "curves, with commas: idle-cost, reply-rate, trigger, accept, rtsig-queue" };
        Option<bool> brief = new Option<bool>("--short") { Description = "fewer points and shorter windows" };
        Option<bool> json = new Option<bool>("--json") { Description = "the result as JSON on standard output" };
        Command command = new Command("models", "the curves that the I/O models are known for") { models, only, brief, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            IReadOnlyList<string> known = await WebAppServer.ListTransportsAsync();
            IReadOnlyList<string> chosen = Chosen.Of("--models", parsed.GetValue(models) ?? "all", known, model => model);
            ModelsPlan plan = parsed.GetValue(brief) ? ModelsPlan.Short(chosen) : ModelsPlan.Full(chosen);
            IReadOnlyList<Curve> curves = Curves.Of(plan);
            if (parsed.GetValue(only) is { } names)
            {
                curves = Chosen.Of("--curves", names, curves, curve => curve.Work);
            }

            await RunAsync(curves, new Session(parsed.GetValue(json)), CommandLines.Of(parsed), cancellation);
            return cancellation.IsCancellationRequested ? ExitCodes.Stopped : ExitCodes.Good;
        });
        return command;
    }

    public static async Task<ResultFile> RunAsync(IReadOnlyList<Curve> curves, Session session, string commandLine, CancellationToken cancellation)
    {
        Cpus.Client.PinThisProcess();
        await Instructions.ProbeAsync();
        ResultFile result = ResultFile.Begin("models", commandLine, await ResultFile.ReadCommitAsync());
        ModelsRunner runner = await session.ShowAsync(async say =>
        {
            ModelsRunner running = new ModelsRunner(curves, say);
            await Session.KeepingAsync(say, () => running.RunAsync(cancellation), cancellation);
            return running;
        });

        result = result with { Cells = runner.Cells, Skipped = [.. Cpus.Together, .. runner.Skipped] };
        foreach (IGrouping<string, Cell> curve in result.Cells.GroupBy(cell => cell.Work))
        {
            ModelsTables.Of(curve.Key, curve).Write(session.Out);
        }

        session.Finish(result);
        return result;
    }
}
