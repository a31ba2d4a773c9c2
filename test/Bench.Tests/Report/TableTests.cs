using System.Globalization;
using Bench.Plans;
using Bench.Results;
using Bench.Servers;
using Bench.Works;

namespace Bench.Tests.Report;

/// <summary>One rule for all tables: medians and ratios are made of the same rounds.</summary>
public sealed class TableTests
{
    private static readonly Work Work = AllWorks.List(1, 0).First(work => work.Name == "keepalive-64");

    /// <summary>Figures whose median of ratios (0.60) differs from the ratio of medians.</summary>
    private static readonly (double A, double B)[] Figures = [(10, 6), (20, 11), (15, 9), (12, 8), (11, 6), (30, 12), (14, 9)];

    [Fact]
    public void B_divided_by_A_in_the_table_is_the_ratio_of_the_comparison()
    {
        // The refused cells would change both medians if their partners counted.
        List<Cell> cells = [.. Figures.SelectMany((figures, round) => Pair(round, figures.A, figures.B))];
        cells[5] = cells[5] with { Refused = "other processes used 30 % of the server's processors" };
        cells.AddRange(Pair(7, 1000, 2000).Select(cell => cell.Series == "A" ? cell with { Refused = "x" } : cell));

        Plan plan = Plan.Compare(ServerSpec.Parse("sockets"), ServerSpec.Parse("epoll"), [Work]);
        Comparison comparison = Assert.Single(Comparer.CompareAll(plan, cells, _ => null));
        Assert.Equal(6, comparison.Pairs);
        Assert.Equal(comparison.MedianOfB!.Value / comparison.MedianOfA!.Value, comparison.Ratio!.Value, 12);

        FigureTable details = FigureTables.Of("plaintext", cells);
        int column = details.Columns.ToList().FindIndex(one => one.Head == "CPU µs");
        Assert.Equal(FigureTables.Format(comparison.MedianOfA), details.Rows[0][column]);
        Assert.Equal(FigureTables.Format(comparison.MedianOfB), details.Rows[1][column]);

        FigureTable verdicts = ComparisonTables.Of([comparison]);
        Assert.Equal(
            double.Parse(verdicts.Rows[0][2], CultureInfo.InvariantCulture),
            double.Parse(verdicts.Rows[0][6], CultureInfo.InvariantCulture) / double.Parse(verdicts.Rows[0][5],
                CultureInfo.InvariantCulture), 2);
    }

    [Fact]
    public void Latencies_of_undisturbed_windows_do_not_change_the_figures_of_the_pairs()
    {
        List<Cell> cells = [.. Figures.SelectMany((figures, round) => Pair(round, figures.A, figures.B))];
        Cell[] undisturbed = [.. Pair(0, 500, 700).Select(cell => cell with { Latency = new Load.LatencySummary(1, 2, 3, 4, 5) })];
        FigureTable table = FigureTables.Of("plaintext", cells, undisturbed);
        int cpu = table.Columns.ToList().FindIndex(one => one.Head == "CPU µs"),
        p99 = table.Columns.ToList().FindIndex(one => one.Head == "p99 µs");
        Assert.Equal(["14.0", "9.00"], table.Rows.Select(row => row[cpu]));
        Assert.Equal(["3.00", "3.00"], table.Rows.Select(row => row[p99]));
    }

    [Fact]
    public void A_round_counts_for_all_servers_or_for_none()
    {
        Cell[] cells =
        [
            Of("static", 0, 1), Of("direct", 0, 2), Of("nginx", 0, 3),
            Of("static", 1, 5), Of("direct", 1, 50) with { Refused = "x" }, Of("nginx", 1, 60),
            Of("off", 0, 9) with { Refused = "never accepted" },
        ];
        IReadOnlyList<Round> rounds = Round.Counted(cells);
        Assert.Single(rounds);
        Assert.Equal(3, Round.Median(rounds, "nginx", cell => cell.RequestsPerSecond));
        Assert.Null(Round.Median(rounds, "off", cell => cell.RequestsPerSecond));
    }

    [Fact]
    public void Points_of_a_curve_have_rows_of_their_own()
    {
        FigureTable table = FigureTables.Of("idle-cost", [Of("epoll", 0, 5) with { At = 0 }, Of("epoll", 0, 7) with { At = 500 }]);
        Assert.Equal(["0", "500"], table.Rows.Select(row => row[1]));
    }

    private static IEnumerable<Cell> Pair(int round, double a, double b) =>
    [
        new Cell { Server = "sockets", Work = "keepalive-64", Series = "A", Pair = round, CpuPerRequest = a },
        new Cell { Server = "epoll", Work = "keepalive-64", Series = "B", Pair = round, CpuPerRequest = b },
    ];

    private static Cell Of(string server, int round, double rate) =>
        new() { Server = server, Work = "w", Pair = round, RequestsPerSecond = rate };
}
