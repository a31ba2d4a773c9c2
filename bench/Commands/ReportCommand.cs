using System.CommandLine;
using Bench.Report;
using Bench.Results;
using Bench.Servers;
using Spectre.Console;

namespace Bench.Commands;

/// <summary><c>bench report</c>.</summary>
internal static class ReportCommand
{
    public static Command Make()
    {
        Argument<string[]> files = new Argument<string[]>("FILE") { Description = "results; without any, the newest of each kind in bench/results", Arity = ArgumentArity.ZeroOrMore };
        Option<string> folder = new Option<string>("--out") { Description = "where report.html and the pictures go", DefaultValueFactory = _ => Path.Combine(Repository.BenchFolder, "results", "report") };
        Command command = new Command("report", "results → one self-contained HTML page and SVG pictures") { files, folder };
        command.SetAction(async (parsed, cancellation) =>
        {
            IReadOnlyList<string> chosen = parsed.GetValue(files) is { Length: > 0 } named ? named : Newest();
            if (chosen.Count == 0)
            {
                throw new FileNotFoundException("bench/results holds no result: run bench ab, models or files first");
            }

            string page = await WriteAsync(chosen, parsed.GetValue(folder)!, new Session(json: false), cancellation);
            Console.WriteLine(page);
            return 0;
        });
        return command;
    }

    /// <summary>Writes the page and its pictures, and says where the page is.</summary>
    public static async Task<string> WriteAsync(IReadOnlyList<string> files, string folder, Session session, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        string? none = await Pictures.PrepareAsync(cancellation);
        if (none is not null)
        {
            session.Out.MarkupLineInterpolated($"[yellow]{none}[/]");
        }

        List<(ResultFile, IReadOnlyList<string>)> results = new List<(ResultFile, IReadOnlyList<string>)>();
        HashSet<string> kinds = new HashSet<string>();
        foreach (string file in files)
        {
            ResultFile result = ResultFile.Read(file);

            // Pictures are named by kind: a second result of the same has a folder of its own for them.
            string into = kinds.Add(result.Kind) ? folder : Path.Combine(folder, Path.GetFileNameWithoutExtension(file));
            IReadOnlyList<string> pictures = none is null ? await Pictures.RenderAsync(file, into, cancellation) : [];
            results.Add((result, [.. pictures.Select(File.ReadAllText)]));
        }

        string page = Path.Combine(folder, "report.html");
        await File.WriteAllTextAsync(page, HtmlPage.Make(results), cancellation);
        return page;
    }

    private static IReadOnlyList<string> Newest() =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Repository.BenchFolder, "results"), "*.json")
            .GroupBy(file => Path.GetFileNameWithoutExtension(file).Split('-')[^1])
            .OrderBy(kind => kind.Key, StringComparer.Ordinal)
            .Select(kind => kind.Order(StringComparer.Ordinal).Last()),
    ];
}
