using Bench.Ab;
using Bench.Models;
using Bench.Servers;
using Bench.Works;
using Spectre.Console;

namespace Bench.Commands;

/// <summary><c>bench</c> without a command: a short form of everything, in under ten minutes on two processors.</summary>
internal static class EverythingCommand
{
    private static readonly string[] ShortWorks = ["plaintext", "pipelined", "churn"];

    public static async Task<int> RunAsync(CancellationToken cancellation)
    {
        Session session = new Session(json: false);
        const string CommandLine = "./build.sh bench";
        List<string> saved = new List<string>();

        Work[] works = AllWorks.List(rate: 5000, idle: 0).Where(work => ShortWorks.Contains(work.Name)).ToArray();
        AbPlan plan = new AbPlan(ServerSpec.Parse("sockets"), ServerSpec.Parse("epoll"), works) { Pairs = 6, Generations = 2, WarmUp = WarmUp.Short };
        saved.Add((await AbCommand.RunAsync(plan, session, CommandLine, cancellation)).DefaultPath);

        cancellation.ThrowIfCancellationRequested();

        ModelsPlan models = ModelsPlan.Short(await WebAppServer.ListTransportsAsync());
        saved.Add((await ModelsCommand.RunAsync(Curves.Of(models), session, CommandLine, cancellation)).DefaultPath);

        cancellation.ThrowIfCancellationRequested();

        saved.Add((await FilesCommand.RunShortAsync(session, CommandLine, cancellation)).DefaultPath);

        cancellation.ThrowIfCancellationRequested();

        string page = await ReportCommand.WriteAsync(saved, Path.Combine(Repository.BenchFolder, "results", "report"), session, cancellation);
        session.Out.MarkupLineInterpolated($"[bold]{page}[/]");
        return 0;
    }
}
