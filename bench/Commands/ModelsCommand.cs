using System.CommandLine;
using Bench.Curves;
using Bench.Plans;
using Bench.Servers;

namespace Bench.Commands;

/// <summary>The command <c>bench models</c>.</summary>
internal static class ModelsCommand
{
    public static Command Make()
    {
        Option<string?> models = new Option<string?>("--models")
        {
            Description = "Comma-separated transports. Default: all transports of the sample.",
        };
        Option<string?> only = new Option<string?>("--curves")
        {
            Description = "Comma-separated curves: idle-cost, reply-rate, trigger, accept, rtsig-queue. Default: all.",
        };
        Option<bool> brief = new Option<bool>("--short") { Description = "Use fewer points and shorter windows." };
        Option<bool> json = new Option<bool>("--json") { Description = "Write the result as JSON to standard output." };
        Command command = new Command("models", "Measure the curves by which I/O models are compared.") { models, only, brief, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            IReadOnlyList<string> known = await WebAppServer.ListTransportsAsync();
            IReadOnlyList<string> chosen = Chosen.Of("--models", parsed.GetValue(models) ?? "all", known, model => model);
            Plan plan = ModelCurves.MakePlan(parsed.GetValue(brief) ? CurveRanges.Short(chosen) : CurveRanges.Full(chosen));
            if (parsed.GetValue(only) is { } names)
            {
                plan = plan with { Works = Chosen.Of("--curves", names, plan.Works, curve => curve.Name) };
            }

            await PlanRun.RunAsync(plan, new Session(parsed.GetValue(json)), CommandLines.Of(parsed), cancellation);
            return cancellation.IsCancellationRequested ? ExitCodes.Stopped : ExitCodes.Good;
        });
        return command;
    }
}
