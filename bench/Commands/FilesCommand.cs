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
        var folder = new Option<string>("--folder") { Description = "where the files are or are to be made", DefaultValueFactory = _ => DefaultFolder };
        var large = new Option<int>("--large") { Description = "large files, of 1 GiB each", DefaultValueFactory = _ => 8 };
        var servers = new Option<string>("--servers") { Description = $"servers, with commas, or all: {string.Join(", ", FileServer.All.Select(server => server.Name))}", DefaultValueFactory = _ => "all" };
        var works = new Option<string>("--works") { Description = $"works, with commas, or all: {string.Join(", ", FileWorks.All(FilesPlan.Short(DefaultFolder).Files).Select(work => work.Name))}", DefaultValueFactory = _ => "all" };
        var rounds = new Option<int>("--rounds") { Description = "how often everything is measured", DefaultValueFactory = _ => 3 };
        var seconds = new Option<double>("--seconds") { Description = "length of a measurement", DefaultValueFactory = _ => 5 };
        var warm = new Option<double>("--warm-up") { Description = "seconds of each work before it is measured", DefaultValueFactory = _ => 5 };
        var brief = new Option<bool>("--short") { Description = "smaller files, fewer servers, one round of short windows" };
        var json = new Option<bool>("--json") { Description = "the result as JSON on standard output" };
        var command = new Command("files", "static files: UseDirectIoFiles in each mode, UseStaticFiles, nginx") { folder, large, servers, works, rounds, seconds, warm, brief, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(large) < 1 || parsed.GetValue(rounds) < 1 || !(parsed.GetValue(seconds) >= 1) || !(parsed.GetValue(warm) >= 1))
                throw new FormatException("--large, --rounds, --seconds and --warm-up are at least 1");

            var files = new FileSet(Path.GetFullPath(parsed.GetValue(folder)!), parsed.GetValue(large), 1L << 30, 256, 2048);
            var plan = parsed.GetValue(brief)
                ? FilesPlan.Short(DefaultFolder)
                : new FilesPlan(files, Choose("--servers", parsed.GetValue(servers)!, FileServer.All, server => server.Name), Choose("--works", parsed.GetValue(works)!, FileWorks.All(files), work => work.Name))
                {
                    Window = TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                    WarmUp = TimeSpan.FromSeconds(parsed.GetValue(warm)),
                    Rounds = parsed.GetValue(rounds),
                };
            await RunAsync(plan, new Session(parsed.GetValue(json)), CommandLines.Of(parsed), cancellation);
            return 0;
        });
        return command;
    }

    public static Task<ResultFile> RunShortAsync(Session session, string commandLine, CancellationToken cancellation) =>
        RunAsync(FilesPlan.Short(DefaultFolder), session, commandLine, cancellation);

    private static async Task<ResultFile> RunAsync(FilesPlan plan, Session session, string commandLine, CancellationToken cancellation)
    {
        Cpus.Client.PinThisProcess();
        var result = ResultFile.Begin("files", commandLine, await ResultFile.ReadCommitAsync());
        var runner = await session.ShowAsync(async say =>
        {
            var running = new FilesRunner(plan, say);
            await running.RunAsync(cancellation);
            return running;
        });
        result = result with { Cells = runner.Cells, Skipped = [.. runner.Skipped.Distinct()] };
        foreach (var work in plan.Works)
            FilesTables.Write(session.Out, $"{work.Name}: {work.Says}", [.. result.Cells.Where(cell => cell.Work == work.Name)]);
        session.Finish(result);
        return result;
    }

    private static IReadOnlyList<T> Choose<T>(string option, string names, IReadOnlyList<T> known, Func<T, string> nameOf)
    {
        if (names == "all")
            return known;

        return [.. names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(name => known.FirstOrDefault(one => nameOf(one) == name)
                ?? throw new FormatException($"{option} {name}: not one of all, {string.Join(", ", known.Select(nameOf))}"))];
    }
}
