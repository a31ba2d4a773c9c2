using System.CommandLine;
using Bench.Report;
using Bench.Results;
using Bench.Servers;

namespace Bench.Commands;

/// <summary>The command <c>bench report</c>.</summary>
internal static class ReportCommand
{
    public static readonly string DefaultFolder = Path.Combine(Repository.BenchFolder, "results", "report");

    public static Command Make()
    {
        Argument<string[]> files = new Argument<string[]>("FILE")
        {
            Description = "Result files. Default: the newest result of each kind in bench/results.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<string> folder = new Option<string>("--out")
        {
            Description = "Folder of report.html and the SVG files.",
            DefaultValueFactory = _ => DefaultFolder,
        };
        Option<bool> dirty = new Option<bool>("--dirty") { Description = "Include results that were measured with uncommitted changes." };
        Command command = new Command("report", "Write results as one self-contained HTML page and SVG files.") { files, folder, dirty };
        command.SetAction(async (parsed, cancellation) =>
        {
            string[] named = parsed.GetValue(files) ?? [];
            IReadOnlyList<string> paths = named.Length > 0 ? named
                : [.. Directory.EnumerateFiles(Path.Combine(Repository.BenchFolder, "results"), "*.json")];
            List<ResultFile> results = new List<ResultFile>();
            foreach (string path in paths)
            {
                ResultFile result = ResultFile.Read(path);
                if (result.IsDirty && !parsed.GetValue(dirty))
                {
                    await Console.Error.WriteLineAsync(
                        $"bench: {path}: measured with uncommitted changes ({result.Commit}); skipped without --dirty");
                    continue;
                }

                results.Add(result);
            }

            results = named.Length > 0 ? results : [.. NewestOfEachKind(results)];
            if (results.Count == 0)
            {
                throw new FileNotFoundException("There is no result to report. Run bench ab, models or files first, or pass --dirty.");
            }

            Console.WriteLine(await WriteAsync(results, parsed.GetValue(folder)!, cancellation));
            return ExitCodes.Good;
        });
        return command;
    }

    /// <summary>Writes the page and the SVG files.</summary>
    /// <returns>The path of the page.</returns>
    public static async Task<string> WriteAsync(IReadOnlyList<ResultFile> results, string folder, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        HashSet<string> kinds = new HashSet<string>();
        foreach (ResultFile result in results)
        {
            // The files are named by kind; a second result of the same kind gets a folder of its own.
            string into = kinds.Add(result.Kind) ? folder : Path.Combine(folder, Path.GetFileNameWithoutExtension(result.DefaultPath));
            Directory.CreateDirectory(into);
            foreach (Chart chart in Charts.Of(result))
            {
                await File.WriteAllTextAsync(Path.Combine(into, $"{result.Kind}-{chart.Name}.svg"), chart.ToFile() + "\n", cancellation);
            }
        }

        string page = Path.Combine(folder, "report.html");
        await File.WriteAllTextAsync(page, HtmlPage.Make(results), cancellation);
        return page;
    }

    internal static IEnumerable<ResultFile> NewestOfEachKind(IEnumerable<ResultFile> results) =>
        results.GroupBy(result => result.Kind).OrderBy(kind => kind.Key, StringComparer.Ordinal)
            .Select(kind => kind.MaxBy(result => result.Taken)!);
}
