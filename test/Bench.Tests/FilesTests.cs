using Bench.Files;
using Bench.Results;
using Spectre.Console;

namespace Bench.Tests;

/// <summary>The file table: ratios are of the same round, what was thrown out counts nowhere, and every name that the command takes is there once.</summary>
public sealed class FilesTests
{
    [Fact]
    public void Ratios_are_the_median_of_rounds_and_not_the_ratio_of_medians()
    {
        // The machine was twice as fast in the second round, and half as fast in the third.
        var text = Table(
            Of("static", 0, 1.0), Of("static", 1, 2.0), Of("static", 2, 0.5),
            Of("direct", 0, 1.5), Of("direct", 1, 3.0), Of("direct", 2, 0.75));
        Assert.Contains("1.50 (1.50 ×)", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_thrown_out_is_in_no_figure_and_its_reason_is_shown()
    {
        var text = Table(Of("static", 0, 1.0), Of("direct", 0, 2.0), Of("direct", 1, 50.0) with { Refused = "a stranger" });
        Assert.Contains("2.00 (2.00 ×)", text, StringComparison.Ordinal);
        Assert.DoesNotContain("50.00", text, StringComparison.Ordinal);
        Assert.Contains("a stranger", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_unique_and_the_short_form_knows_its_servers()
    {
        Assert.Equal(FileServer.All.Count, FileServer.All.Select(server => server.Name).Distinct().Count());
        Assert.Equal(FileServer.Few.Count, FilesPlan.Short("x").Servers.Count);
        var works = FilesPlan.Short("x").Works.Select(work => work.Name).ToArray();
        Assert.Equal(FileWorks.Few, works);
    }

    private static Cell Of(string server, int round, double gigabytes) => new()
    {
        Server = server,
        Work = "large-8",
        Pair = round,
        Requests = 1,
        Figures = new Dictionary<string, double>
        {
            ["gigabytesPerSecond"] = gigabytes,
            ["cpuSecondsPerGibibyte"] = 1,
            ["besideP50Milliseconds"] = 1,
            ["besideP99Milliseconds"] = 1,
            ["pageCacheGrownMebibytes"] = 0,
        },
    };

    private static string Table(params Cell[] cells)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text), Ansi = AnsiSupport.No });
        console.Profile.Width = 400;
        FilesTables.Write(console, "large-8", cells);
        return text.ToString();
    }
}
