using System.CommandLine;
using Bench.Files;
using Bench.Results;
using Bench.Servers;

namespace Bench.Commands;

/// <summary><c>bench files</c>.</summary>
internal static class FilesCommand
{
    private static readonly string DefaultFolder = Path.Combine(Repository.Root, "artifacts", "bench-files");

    public static Command Make()
    {
        IReadOnlyList<FileWork> everyWork = FileWorks.All(FileSet.Full(DefaultFolder, 1));
        Option<string> folder = new Option<string>("--folder") { Description = "where the files are or are to be made", DefaultValueFactory = _ => DefaultFolder };
        Option<int> large = new Option<int>("--large") { Description = $"large files, of 1 GiB each, at most {FileSet.MostLarge}", DefaultValueFactory = _ => 8 };
        Option<string?> servers = new Option<string?>("--servers")
        {
            Description = "servers, with commas; usual (the default): all but the four of threshold; threshold: every file direct, and none; all. "
                + string.Join(", ", FileServer.All.Select(server => server.Name)),
        };
        Option<string?> works = new Option<string?>("--works")
        {
            Description = $"works, with commas; usual (the default): all but the sizes; sizes: files on either side of DirectIoThreshold; all. {string.Join(", ", everyWork.Select(work => work.Name))}",
        };
        Option<int?> rounds = new Option<int?>("--rounds") { Description = "how often everything is measured (3; --short: 1)" };
        Option<double?> seconds = new Option<double?>("--seconds") { Description = "length of a measurement (5; --short: 1)" };
        Option<double?> warm = new Option<double?>("--warm-up") { Description = "seconds of each work before it is measured (5; --short: 1)" };
        Option<bool> brief = new Option<bool>("--short") { Description = "smaller files, one round of short windows, and where not said otherwise fewer servers and works" };
        Option<bool> json = new Option<bool>("--json") { Description = "the result as JSON on standard output" };
        Command command = new Command("files", "static files: UseDirectIoFiles in each mode, UseStaticFiles, nginx") { folder, large, servers, works, rounds, seconds, warm, brief, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            Limits.Within("--large", parsed.GetValue(large), 1, FileSet.MostLarge);
            Limits.Within("--rounds", parsed.GetValue(rounds), 1, 1000);
            Limits.Within("--seconds", parsed.GetValue(seconds), 1, 600);
            Limits.Within("--warm-up", parsed.GetValue(warm), 1, 600);

            string path = Path.GetFullPath(parsed.GetValue(folder)!);
            FilesPlan plan = parsed.GetValue(brief) ? FilesPlan.Short(path) : FilesPlan.Full(path, parsed.GetValue(large));
            plan = plan with
            {
                Servers = parsed.GetValue(servers) is { } chosen ? Chosen.Of("--servers", chosen, FileServer.All, server => server.Name, FilesPlan.ServerGroups) : plan.Servers,
                Works = parsed.GetValue(works) is { } wanted ? Chosen.Of("--works", wanted, FileWorks.All(plan.Files), work => work.Name, FilesPlan.WorkGroups) : plan.Works,
                Window = parsed.GetValue(seconds) is { } length ? TimeSpan.FromSeconds(length) : plan.Window,
                WarmUp = parsed.GetValue(warm) is { } before ? TimeSpan.FromSeconds(before) : plan.WarmUp,
                Rounds = parsed.GetValue(rounds) ?? plan.Rounds,
            };
            await RunAsync(plan, new Session(parsed.GetValue(json)), CommandLines.Of(parsed), cancellation);
            return cancellation.IsCancellationRequested ? ExitCodes.Stopped : ExitCodes.Good;
        });
        return command;
    }

    public static Task<ResultFile> RunShortAsync(Session session, string commandLine, CancellationToken cancellation) =>
        RunAsync(FilesPlan.Short(DefaultFolder), session, commandLine, cancellation);

    private static async Task<ResultFile> RunAsync(FilesPlan plan, Session session, string commandLine, CancellationToken cancellation)
    {
        Cpus.Client.PinThisProcess();
        ResultFile result = ResultFile.Begin("files", commandLine, await ResultFile.ReadCommitAsync());
        FilesRunner runner = await session.ShowAsync(async say =>
        {
            FilesRunner running = new FilesRunner(plan, say);
            await Session.KeepingAsync(say, () => running.RunAsync(cancellation), cancellation);
            return running;
        });
        result = result with { Cells = runner.Cells, Skipped = [.. Cpus.Together, .. runner.Skipped.Distinct()] };
        foreach (FileWork work in plan.Works)
        {
            FilesTables.Of($"{work.Name}: {work.Says}", [.. result.Cells.Where(cell => cell.Work == work.Name)]).Write(session.Out);
        }

        ThresholdTable.Of(result.Cells).Write(session.Out);
        session.Finish(result);
        return result;
    }
}
