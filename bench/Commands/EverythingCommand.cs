using Bench.Curves;
using Bench.Plans;
using Bench.Results;
using Bench.Servers;
using Bench.Works;
using Spectre.Console;

namespace Bench.Commands;

/// <summary>The command <c>bench</c> without a subcommand: a short form of everything, in about ten minutes on two processors.</summary>
internal static class EverythingCommand
{
    private const string CommandLine = "./build.sh bench";

    private static readonly string[] ShortWorks = ["keepalive-64", "pipelined", "churn"];

    public static async Task<int> RunAsync(CancellationToken cancellation)
    {
        Session session = new Session(json: false);
        Work[] works = AllWorks.List(rate: 5000, idle: 0).Where(work => ShortWorks.Contains(work.Name)).ToArray();
        Plan comparison = AbCommand.MakePlan(ServerSpec.Parse("sockets"), ServerSpec.Parse("epoll"), works) with
        {
            Rounds = 6,
            Generations = 2,
            Settings = new MeasureSettings { WarmUp = WarmUp.Short },
        };
        ResultFile ab = await PlanRun.RunAsync(comparison, session, CommandLine, cancellation);
        cancellation.ThrowIfCancellationRequested();

        Plan curves = ModelCurves.MakePlan(CurveRanges.Short(await WebAppServer.ListTransportsAsync()));
        ResultFile models = await PlanRun.RunAsync(curves, session, CommandLine, cancellation);
        cancellation.ThrowIfCancellationRequested();

        ResultFile files = await FilesCommand.RunShortAsync(session, CommandLine, cancellation);
        cancellation.ThrowIfCancellationRequested();

        string page = await ReportCommand.WriteAsync([ab, files, models], ReportCommand.DefaultFolder, cancellation);
        session.Out.MarkupLineInterpolated($"[bold]{page}[/]");
        return ExitCodes.Good;
    }
}
