using Bench.Files;
using Bench.Plans;
using Bench.Results;
using Bench.Works;
using Spectre.Console;

namespace Bench.Tests.Files;

/// <summary>
/// The tables of file servers, the names that the command accepts, and the creation of files.
/// </summary>
public sealed class FilesTests
{
    [Fact]
    public void A_ratio_does_not_depend_on_the_speed_of_the_machine_in_each_round()
    {
        // The machine was twice as fast in the second round, and half as fast in the third.
        string text = Table(
            Of("static", 0, 1.0), Of("static", 1, 2.0), Of("static", 2, 0.5),
            Of("direct", 0, 1.5), Of("direct", 1, 3.0), Of("direct", 2, 0.75));
        Assert.Contains("1.50 (1.50 ×)", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refused_cell_is_in_no_figure_and_its_reason_is_shown()
    {
        string text = Table(Of("static", 0, 1.0), Of("static", 1, 9.0), Of("direct", 0, 2.0), Of("direct", 1, 50.0) with
        {
            Refused = "a stranger",
        });
        Assert.Contains("2.00 (2.00 ×)", text, StringComparison.Ordinal);
        Assert.DoesNotContain("50.00", text, StringComparison.Ordinal);
        Assert.Contains("a stranger", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_unique_and_the_short_form_knows_its_servers()
    {
        Assert.Equal(FileServers.All("x").Count, FileServers.All("x").Select(server => server.Name).Distinct().Count());
        Assert.Equal(FileServers.Few.Count, FilesPlan.Short("x").Candidates.Count);
        string[] works = FilesPlan.Short("x").Works.Select(work => work.Name).ToArray();
        Assert.Equal(FileWorks.Few, works);
    }

    [Fact]
    public void An_order_that_ends_returns_every_file_once_and_is_reproducible()
    {
        int?[][] orders = Enumerable.Range(0, 2).Select(_ =>
        {
            FileOrder order = new FileOrder(100, shuffled: true, once: true);
            return Enumerable.Range(0, 101).Select(_ => order.Next()).ToArray();
        }).ToArray();
        Assert.Null(orders[0][^1]);
        Assert.Equal(Enumerable.Range(0, 100), orders[0][..^1].OfType<int>().Order());
        Assert.NotEqual(Enumerable.Range(0, 100), orders[0][..^1].OfType<int>());
        Assert.Equal(orders[0], orders[1]);
    }

    [Fact]
    public void An_order_without_end_starts_again()
    {
        FileOrder order = new FileOrder(3, shuffled: false, once: false);
        Assert.Equal([0, 1, 2, 0, 1], Enumerable.Range(0, 5).Select(_ => order.Next()).OfType<int>());
    }

    [Fact]
    public async Task Files_are_created_once_and_again_when_they_are_incomplete()
    {
        string folder = Directory.CreateTempSubdirectory("bench-tests-").FullName;
        try
        {
            FileGroup group = new FileGroup(folder, "some", 5, 10_000);
            await FileSet.MakeAsync([group], _ => { }, TestContext.Current.CancellationToken);
            Assert.Empty(group.Missing);
            Assert.Equal(5, group.Paths.Count(path => new FileInfo(path).Length == 10_000));
            Assert.Equal(3, group.UpTo(35_000).Count);

            File.WriteAllText(group.Paths.First(), "cut short");
            Assert.Single(group.Missing);
            List<string> said = new List<string>();
            await FileSet.MakeAsync([group], said.Add, TestContext.Current.CancellationToken);
            Assert.Single(said);
            Assert.Empty(group.Missing);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData(30, 74, true)]    // thirty large files on a disk with 80 GB free
    [InlineData(30, 34, false)]
    [InlineData(1, 3, true)]
    [InlineData(1, 1, false)]
    [InlineData(0, 0, true)]      // everything is there already
    public void Files_are_created_where_enough_space_stays_free(long missingGibibytes, long freeGibibytes, bool allowed)
    {
        Exception? refusal = Record.Exception(() => FileSet.CheckFreeSpace("/srv", missingGibibytes << 30, freeGibibytes << 30));
        Assert.Equal(allowed, refusal is null);
    }

    [Fact]
    public void The_groups_usual_and_sizes_are_disjoint_and_all_contains_both()
    {
        IReadOnlyList<Work> works = FileWorks.All(FileSet.Full("/srv", 8));
        IReadOnlyList<Work> sizes = Commands.Chosen.Of("--works", "sizes", works, work => work.Name, FilesPlan.WorkGroups);
        IReadOnlyList<Work> usual = Commands.Chosen.Of("--works", "usual", works, work => work.Name, FilesPlan.WorkGroups);
        Assert.Equal(10, sizes.Count);
        Assert.Empty(sizes.Intersect(usual));
        Assert.Equal(works, Commands.Chosen.Of("--works", "sizes,usual", works, work => work.Name, FilesPlan.WorkGroups));
        Assert.Equal(["size-4m-warm"],
            Commands.Chosen.Of("--works", "size-4m-warm", works, work => work.Name, FilesPlan.WorkGroups).Select(work => work.Name));
        Assert.Throws<FormatException>(() => Commands.Chosen.Of("--works", "", works, work => work.Name, FilesPlan.WorkGroups));
    }

    [Fact]
    public void Direct_reads_are_compared_with_reads_through_the_page_cache()
    {
        Cell[] cells = new[] { 0, 1, 2 }.SelectMany(round => new[]
        {
            Of("direct-all", round, 0.8) with { Work = "size-1m-cold" }, Of("direct-none", round, 0.4) with { Work = "size-1m-cold" },
            Of("direct-all", round, 0.3) with { Work = "size-1m-warm" }, Of("direct-none", round, 1.5) with { Work = "size-1m-warm" },
        }).ToArray();
        Plan plan = FilesPlan.Full("/srv", 8);
        plan = plan with
        {
            Candidates = FileServers.All("/srv"),
            Works = [.. FileWorks.All(FileSet.Full("/srv", 8)).Where(work => work.Name is "size-1m-cold" or "size-1m-warm")],
            Compared = FilesPlan.Compared(["direct-all", "direct-none"]),
        };
        IReadOnlyList<Comparison> comparisons = [.. Comparer.CompareAll(plan, cells, _ => null).Where(one => one.Metric == "throughput")];
        Assert.Equal([("size-1m-cold", "direct-none", "direct-all"), ("size-1m-warm", "direct-none", "direct-all")],
            comparisons.Select(one => (one.Work, one.A, one.B)));
        Assert.Equal([2.0, 0.2], comparisons.Select(one => Math.Round(one.Ratio!.Value, 9)));
        Assert.All(comparisons, one => Assert.False(one.LowerIsBetter));
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

    private static string Table(params Cell[] cells) =>
        Written(console => FigureTables.Of("large-8", cells, reference: "static").Write(console));

    private static string Written(Action<IAnsiConsole> write)
    {
        using StringWriter text = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text), Ansi = AnsiSupport.No });
        console.Profile.Width = 400;
        write(console);
        return text.ToString();
    }
}
