using System.CommandLine;
using System.Globalization;
using Bench.Files;
using Bench.Results;
using Bench.Servers;
using Bench.Statistics;
using Spectre.Console;

namespace Bench.Commands;

/// <summary><c>bench files</c>.</summary>
internal static class FilesCommand
{
    private static readonly string DefaultFolder = Path.Combine(Repository.Root, "artifacts", "bench-files");

    public static Command Make()
    {
        var folder = new Option<string>("--folder") { Description = "where the files are or are to be made", DefaultValueFactory = _ => DefaultFolder };
        var large = new Option<int>("--large") { Description = "large files, of 1 GiB each", DefaultValueFactory = _ => 8 };
        var rounds = new Option<int>("--rounds") { Description = "how often everything is measured", DefaultValueFactory = _ => 3 };
        var seconds = new Option<double>("--seconds") { Description = "length of a measurement", DefaultValueFactory = _ => 5 };
        var brief = new Option<bool>("--short") { Description = "smaller files, one round of short windows" };
        var json = new Option<bool>("--json") { Description = "the result as JSON on standard output" };
        var command = new Command("files", "static files: UseDirectIoFiles in each mode, UseStaticFiles, nginx") { folder, large, rounds, seconds, brief, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(large) < 1 || parsed.GetValue(rounds) < 1 || !(parsed.GetValue(seconds) >= 1))
                throw new FormatException("--large, --rounds and --seconds are at least 1");

            var session = new Session(parsed.GetValue(json));
            var files = parsed.GetValue(brief) ? ShortSet : new FileSet(Path.GetFullPath(parsed.GetValue(folder)!), parsed.GetValue(large), 1L << 30, 256, 2048);
            await (parsed.GetValue(brief)
                ? RunShortAsync(session, CommandLines.Of(parsed), cancellation)
                : RunAsync(files, TimeSpan.FromSeconds(parsed.GetValue(seconds)), TimeSpan.FromSeconds(5), parsed.GetValue(rounds), session, CommandLines.Of(parsed), cancellation));
            return 0;
        });
        return command;
    }

    private static FileSet ShortSet => new(DefaultFolder + "-short", 4, 256L << 20, 64, 512);

    public static Task<ResultFile> RunShortAsync(Session session, string commandLine, CancellationToken cancellation) =>
        RunAsync(ShortSet, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), 1, session, commandLine, cancellation);

    private static async Task<ResultFile> RunAsync(
        FileSet files, TimeSpan window, TimeSpan warmUp, int rounds, Session session, string commandLine, CancellationToken cancellation)
    {
        Cpus.Client.PinThisProcess();
        var result = ResultFile.Begin("files", commandLine, await ResultFile.ReadCommitAsync());
        var runner = await session.ShowAsync(async say =>
        {
            var running = new FilesRunner(files, window, warmUp, rounds, say);
            await running.RunAsync(cancellation);
            return running;
        });
        result = result with { Cells = runner.Cells, Skipped = [.. runner.Skipped.Distinct()] };
        foreach (var work in result.Cells.GroupBy(cell => cell.Work))
            Write(session.Out, work.Key, [.. work]);
        session.Finish(result);
        return result;
    }

    private static void Write(IAnsiConsole console, string work, IReadOnlyList<Cell> cells)
    {
        (string Title, Func<Cell, double?> Read, string Format)[] columns =
        [
            ("GB/s", cell => cell.Figures?["gigabytesPerSecond"], "F2"), ("CPU s/GiB", cell => cell.Figures?["cpuSecondsPerGibibyte"], "F2"),
            ("requests/s", cell => cell.RequestsPerSecond, "N0"), ("p99 ms", cell => cell.Latency?.P99 / 1000, "F1"),
            ("beside p50 ms", cell => cell.Figures?["besideP50Milliseconds"], "F2"), ("beside p99 ms", cell => cell.Figures?["besideP99Milliseconds"], "F2"),
            ("cache MiB", cell => cell.Figures?["pageCacheGrownMebibytes"], "N0"), ("PSS MiB", cell => cell.ProportionalMemory / 1048576.0, "N0"),
        ];
        var table = new Table().Border(TableBorder.Rounded).Title(Markup.Escape(work));
        table.AddColumn("server");
        foreach (var (title, _, _) in columns)
            table.AddColumn(new TableColumn(title).RightAligned());
        table.AddColumn("thrown out");
        foreach (var server in cells.GroupBy(cell => cell.Server))
        {
            var counting = server.Where(cell => cell.Counts).ToArray();
            table.AddRow([
                Markup.Escape(server.Key), .. columns.Select(column => MedianOf(counting, column.Read, column.Format)),
                Markup.Escape(string.Join("; ", server.Select(cell => cell.Refused).OfType<string>().Distinct()))]);
        }

        console.Write(table);
    }

    private static string MedianOf(IEnumerable<Cell> cells, Func<Cell, double?> read, string format)
    {
        var values = cells.Select(read).OfType<double>().ToArray();
        return values.Length == 0 ? "–" : Sample.Median(values).ToString(format, CultureInfo.InvariantCulture);
    }
}
