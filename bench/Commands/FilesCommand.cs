using System.CommandLine;
using Bench.Files;
using Bench.Load;
using Bench.Plans;
using Bench.Results;
using Bench.Servers;
using Bench.Works;

namespace Bench.Commands;

/// <summary>The command <c>bench files</c>.</summary>
internal static class FilesCommand
{
    private static readonly string DefaultFolder = Path.Combine(Repository.Root, "artifacts", "bench-files");

    public static Command Make()
    {
        Option<string> folder = new Option<string>("--folder")
        {
            Description = "Folder of the files; they are created.",
            DefaultValueFactory = _ => DefaultFolder,
        };
        Option<int> large = new Option<int>("--large")
        {
            Description = $"Number of large files of 1 GiB, 1 to {FileSet.MaximumLarge}.",
            DefaultValueFactory = _ => 8,
        };
        Option<int?> largeSize = new Option<int?>("--large-size")
        {
            Description = "Length of a large file in MiB, 16 to 4096. Default: 1024; with --short 256.",
        };
        Option<string> cores = new Option<string>("--cores")
        {
            Description = CorePlacement.Help,
            DefaultValueFactory = _ => CorePlacement.Split.Name,
        };
        Option<string?> servers = new Option<string?>("--servers")
        {
            Description = "Comma-separated servers or groups: usual (default), threshold (every file direct; every file through the page "
                + $"cache), table (default with --works table), all. {FileServers.OptionsHelp}. "
                + $"Servers: {string.Join(", ", FileServers.All(DefaultFolder).Select(server => server.Name))}.",
        };
        Option<string?> works = new Option<string?>("--works")
        {
            Description = "Comma-separated works or groups: usual (default), sizes (files on both sides of DirectIoThreshold), table "
                + "(the works that have goals), all. "
                + $"Works: {string.Join(", ", FileWorks.All(FileSet.Full(DefaultFolder, 1)).Select(work => work.Name))}.",
        };
        Option<int?> rounds = new Option<int?>("--rounds")
        {
            Description = "Number of measurements of each server and work. Default: 3; with --short 1.",
        };
        Option<double?> seconds = new Option<double?>("--seconds")
        {
            Description = "Length of a measurement in seconds, 1 to 600. Default: 5; with --short 1.",
        };
        Option<double?> warm = new Option<double?>("--warm-up")
        {
            Description = "Length of the warm-up in seconds, 1 to 600. Default: 5; with --short 1.",
        };
        Option<bool> brief = new Option<bool>("--short")
        {
            Description = "Use smaller files, short windows, and by default fewer servers and works.",
        };
        Option<bool> json = new Option<bool>("--json") { Description = "Write the result as JSON to standard output." };
        Command command =
            new Command("files", "Compare ways to serve files: UseDirectIoFiles in several configurations, UseStaticFiles, nginx.")
        {
            folder, large, largeSize, cores, servers, works, rounds, seconds, warm, brief, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            Limits.Within("--large", parsed.GetValue(large), 1, FileSet.MaximumLarge);
            Limits.Within("--large-size", parsed.GetValue(largeSize), 16, 4096);
            Limits.Within("--rounds", parsed.GetValue(rounds), 1, 1000);
            Limits.Within("--seconds", parsed.GetValue(seconds), 1, 600);
            Limits.Within("--warm-up", parsed.GetValue(warm), 1, 600);

            string path = Path.GetFullPath(parsed.GetValue(folder)!);
            bool isShort = parsed.GetValue(brief);
            long? largeBytes = (long?)parsed.GetValue(largeSize) << 20;
            Plan plan = isShort ? FilesPlan.Short(path, largeBytes) : FilesPlan.Full(path, parsed.GetValue(large), largeBytes);
            FileSet files = isShort ? FileSet.Short(path + "-short", largeBytes)
                : FileSet.Full(path, parsed.GetValue(large), largeBytes);
            string? wanted = parsed.GetValue(works);
            bool table = wanted?.Split(',', StringSplitOptions.TrimEntries).Contains(FilesPlan.Table) ?? false;
            string? chosen = parsed.GetValue(servers) ?? (table ? FilesPlan.Table : null);
            WarmUp warmUp = parsed.GetValue(warm) is { } before
                ? new WarmUp(TimeSpan.FromSeconds(before), TimeSpan.FromSeconds(before))
                : plan.Settings.WarmUp;
            plan = plan with
            {
                Candidates = chosen is null ? plan.Candidates : FileServers.Choose(chosen, files.Folder),
                Cores = CorePlacement.Parse(parsed.GetValue(cores)!),
                Goals = table ? FileGoals.All : [],
                Works = wanted is not null
                    ? Chosen.Of("--works", wanted, FileWorks.All(files), work => work.Name, FilesPlan.WorkGroups)
                    : plan.Works,
                Rounds = parsed.GetValue(rounds) ?? plan.Rounds,
                Settings = plan.Settings with
                {
                    Window = parsed.GetValue(seconds) is { } length ? TimeSpan.FromSeconds(length) : plan.Settings.Window,
                    WarmUp = warmUp,
                },
            };
            await RunAsync(plan, new Session(parsed.GetValue(json)), CommandLines.Of(parsed), cancellation);
            return cancellation.IsCancellationRequested ? ExitCodes.Stopped : ExitCodes.Good;
        });
        return command;
    }

    public static Task<ResultFile> RunShortAsync(Session session, string commandLine, CancellationToken cancellation) =>
        RunAsync(FilesPlan.Short(DefaultFolder), session, commandLine, cancellation);

    private static async Task<ResultFile> RunAsync(Plan plan, Session session, string commandLine, CancellationToken cancellation)
    {
        List<string> skipped = new List<string>();
        if (PageCache.TryDrop() is { } refused)
        {
            skipped.Add($"cold works: {refused}");
            plan = plan with { Works = [.. plan.Works.Where(work => work is not IFileWork { Cold: true })] };
        }

        if (!Tool.Nginx.IsHere)
        {
            skipped.Add($"nginx: {Tool.Nginx.Missing}");
            plan = plan with { Candidates = [.. plan.Candidates.Where(server => !FileServers.IsNginx(server))] };
        }

        IReadOnlyList<FileGroup> needed = FilesPlan.Needed(plan.Works);
        plan = plan with
        {
            Compared = FilesPlan.Compared([.. plan.Candidates.Select(server => server.Name)]),
            PrepareAsync = (say, stop) => FileSet.MakeAsync(needed, say, stop),
        };
        return await PlanRun.RunAsync(plan, session, commandLine, cancellation, skipped);
    }
}
