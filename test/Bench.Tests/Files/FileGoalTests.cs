using Bench.Commands;
using Bench.Files;
using Bench.Plans;
using Bench.Report;
using Bench.Results;
using Bench.Tests.Report;
using Bench.Works;

namespace Bench.Tests.Files;

/// <summary>The works and servers of <c>bench files --works table</c>, and the table of goals.</summary>
public sealed class FileGoalTests
{
    [Fact]
    public void Every_goal_names_a_work_and_servers_of_the_table_and_a_figure_in_its_direction()
    {
        IReadOnlyList<Work> works = FileWorks.All(FileSet.Short("/srv"));
        Assert.All(FileGoals.Works, name => Assert.Single(works, work => work.Name == name));
        Assert.All(FileGoals.All, goal =>
        {
            Assert.Contains(goal.Server, FileServers.Table);
            Assert.True(goal.Reference is null || FileServers.Table.Contains(goal.Reference));
            Assert.True(goal.IsRatio == goal.Reference is not null, goal.ToString());
            Assert.Equal(goal.LowerIsBetter, Headline.Named(goal.Metric).LowerIsBetter);
        });
        Assert.Equal(FileServers.Table.Order(),
            FileServers.Choose(FilesPlan.Table, "/srv").Select(server => server.Name).Order());
        Assert.Equal(FileGoals.Works.Order(), Chosen.Of("--works", FilesPlan.Table, works, work => work.Name, FilesPlan.WorkGroups)
            .Select(work => work.Name).Order());
    }

    [Fact]
    public void A_server_may_have_additional_options()
    {
        IReadOnlyList<Candidate> servers =
            FileServers.Choose("static,direct-epoll:SendFile=off,direct-epoll:SendFile=off:Aio=posix", "/srv");
        Assert.Equal(["static", "direct-epoll:SendFile=off", "direct-epoll:SendFile=off:Aio=posix"], servers.Select(server => server.Name));
        Assert.Equal(["direct:Aio=off"], FileServers.Choose("direct:Aio=off", "/srv").Select(server => server.Name));
        Assert.Throws<FormatException>(() => FileServers.Choose("direct-epoll:SendFile", "/srv"));
        Assert.Throws<FormatException>(() => FileServers.Choose("nginx-sendfile:SendFile=off", "/srv"));
        Assert.Throws<FormatException>(() => FileServers.Choose("", "/srv"));
    }

    [Fact]
    public void Half_of_the_files_is_cached_where_the_work_says_so()
    {
        FileLoadWork half = (FileLoadWork)FileWorks.All(FileSet.Full("/srv", 8, 64 << 20)).Single(work => work.Name == "ranges-half");
        Assert.True(half.Cold);
        Assert.Equal((8, 4, 64L << 20), (half.Reads!.Count, half.Cached!.Count, half.Cached.Bytes));
    }

    [Fact]
    public void Large_files_have_a_length_of_choice_and_warm_ones_fit_in_memory()
    {
        Assert.Equal((4, 16L << 20), (FileSet.Short("/srv", 16 << 20).Large.Count, FileSet.Short("/srv", 16 << 20).Large.Bytes));
        FileLoadWork warm = (FileLoadWork)FileWorks.All(FileSet.Full("/srv", 30)).Single(work => work.Name == "large-8-warm");
        Assert.False(warm.Cold);
        Assert.Equal(4L << 30, warm.Reads!.TotalBytes);
    }

    /// <summary>A round counts for a ratio when both series were accepted in it, whatever happened to the others.</summary>
    [Fact]
    public void A_row_compares_a_server_with_its_reference()
    {
        ResultFile result = ChartTests.ResultOf("files") with
        {
            Goals = [.. FileGoals.All.Where(goal => goal.Work is "medium" or "large-8" or "stalled")],
            Cells =
            [
                Of("medium", "static", 0, 1.0), Of("medium", FileServers.Direct, 0, 0.5), Of("medium", FileServers.StaticOnEpoll, 0, 0.7),
                Of("medium", FileServers.NginxSendFile, 0, 0.1) with { Refused = "the load generator was saturated" },
                Of("large-8", FileServers.Direct, 0, 1) with { Figures = Beside(4.5) },
                Of("alone", FileServers.Direct, 0, 1) with { Figures = Beside(3.9) },
                new Cell { Server = FileServers.Direct, Work = "stalled", MemoryPerConnection = 70_000 },
            ],
        };
        FigureTable table = GoalTable.Of(result);
        Assert.Equal("Goals · shared cores", table.Title);
        Assert.Equal(result.Goals.Count, table.Rows.Count);
        Assert.Equal(["0.50", "≤ 0.55", "yes"], RowOf("medium", FileServers.Direct, "static")[^3..]);
        Assert.Equal(["0.70", "≤ 0.60", "no"], RowOf("medium", FileServers.StaticOnEpoll, "static")[^3..]);
        Assert.Equal("not measured", RowOf("medium", FileServers.DirectInline, FileServers.NginxSendFile)[^1]);
        Assert.Equal(["0.600 ms", "≤ 1.00 ms", "yes"], RowOf("large-8", FileServers.Direct, "alone")[^3..]);
        Assert.Equal("no", RowOf("stalled", FileServers.Direct, "–")[^1]);
        Assert.Contains("Goals · shared cores", System.Net.WebUtility.HtmlDecode(HtmlPage.Make([result])), StringComparison.Ordinal);

        string[] RowOf(string work, string server, string reference) =>
            [.. table.Rows.First(row => row[0] == work && row[2] == server && row[3] == reference)];
    }

    private static Dictionary<string, double> Beside(double milliseconds) => new() { ["besideP99Milliseconds"] = milliseconds };

    private static Cell Of(string work, string server, int round, double cpu) => new()
    {
        Server = server,
        Work = work,
        Pair = round,
        Figures = new Dictionary<string, double> { ["cpuSecondsPerGibibyte"] = cpu, ["gigabytesPerSecond"] = 2 },
    };
}
