using Bench.Load;
using Bench.Plans;
using Bench.Results;
using Bench.Servers;
using Bench.Statistics;
using Bench.Works;

namespace Bench.Tests.Statistics;

public class ComparerTests
{
    private static readonly Work Work = new LoadWork("plaintext", "", new Wrk("/plaintext", 1), Headline.Cpu);
    private static readonly Plan Plan = Plan.Compare(ServerSpec.Parse("sockets"), ServerSpec.Parse("epoll"), [Work]);

    [Fact]
    public void Halved_cost_is_better()
    {
        Comparison comparison = Compare(Pairs(6, _ => 10, _ => 5));
        Assert.Equal(Verdict.Faster, comparison.Verdict);
        Assert.Equal(0.5, comparison.Ratio!.Value, 6);
        Assert.Equal((10.0, 5.0), (comparison.MedianOfA!.Value, comparison.MedianOfB!.Value));
    }

    [Fact]
    public void A_refused_cell_excludes_its_pair_and_is_reported()
    {
        List<Cell> cells = Pairs(6, _ => 10, _ => 5);
        cells[1] = cells[1] with { Refused = "wrk saw 3 status errors" };
        Comparison comparison = Compare(cells);
        Assert.Equal(5, comparison.Pairs);
        Assert.Equal(["epoll: wrk saw 3 status errors"], comparison.Refusals);
    }

    [Fact]
    public void A_repeated_pair_counts_once()
    {
        List<Cell> cells = Pairs(6, _ => 10, _ => 5);
        cells.Insert(0, cells[0] with { Refused = "x" });
        cells.Insert(1, cells[2] with { CpuPerRequest = 1000 });   // the partner of the refused one
        Comparison comparison = Compare(cells);
        Assert.Equal(6, comparison.Pairs);
        Assert.Equal(0.5, comparison.Ratio!.Value, 6);
    }

    [Fact]
    public void No_pairs_are_no_verdict()
    {
        List<Cell> cells = Pairs(6, _ => 10, _ => 5).Select(cell => cell with { Refused = "x" }).ToList();
        Assert.Equal(Verdict.None, Compare(cells).Verdict);
    }

    [Fact]
    public void Slower_by_a_tenth_fails_a_limit_of_three_per_cent_and_not_one_of_twenty()
    {
        Comparison comparison = Compare(Pairs(6, _ => 10, _ => 11));
        Assert.True(comparison.SlowerBy(0.03));
        Assert.False(comparison.SlowerBy(0.20));
    }

    [Fact]
    public void A_figure_that_was_not_measured_is_reported()
    {
        Comparison comparison = Compare(Pairs(6, _ => 10, _ => 5), Headline.Tail);
        Assert.Equal(Verdict.None, comparison.Verdict);
        Assert.Contains("epoll: no p99 was measured", comparison.Refusals);
    }

    /// <summary>Slices distort latencies and have no rate.</summary>
    [Fact]
    public void Only_works_judged_by_CPU_time_are_sliced()
    {
        Assert.True(((LoadWork)Work).Sliced);
        Assert.False(((LoadWork)(Work with { Headline = Headline.Throughput })).Sliced);
    }

    [Theory]
    [InlineData(10, 9, true)]
    [InlineData(10, 8, false)]
    [InlineData(3, 3, true)]
    [InlineData(3, 2, false)]
    public void Nine_runs_in_ten_must_have_the_same_verdict(int runs, int agreeing, bool holds)
    {
        Comparison same = Compare(Pairs(6, _ => 10, _ => 10));
        Comparison other = Compare(Pairs(6, _ => 10, _ => 5));
        ResultFile[] results = Enumerable.Range(0, runs).Select(run => Result(run < runs - agreeing ? other : same)).ToArray();
        Agreement agreement = Assert.Single(Agreement.Of(results));
        Assert.Equal((Verdict.NoDifference, agreeing, holds), (agreement.Verdict, agreement.Agreeing, agreement.Holds));
    }

    [Fact]
    public void Runs_without_a_verdict_do_not_agree()
    {
        Comparison none = Compare([]);
        Assert.False(Agreement.Of([Result(none), Result(none)])[0].Holds);
    }

    private static ResultFile Result(Comparison comparison) => ResultFile.Begin(Plan, "", "") with { Comparisons = [comparison] };

    [Theory]
    [InlineData("epoll", "epoll", "")]
    [InlineData("sockets:inline", "sockets", "--scheduling inline")]
    [InlineData("epoll:Trigger=Level:loops=2", "epoll", "--Kestrel:Transport:Epoll:Trigger Level --loops 2")]
    public void A_server_is_parsed_from_its_text(string text, string transport, string arguments)
    {
        ServerSpec spec = ServerSpec.Parse(text);
        Assert.Equal((transport, arguments), (spec.Transport, string.Join(' ', spec.Arguments)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(":inline")]
    [InlineData("epoll:fast")]
    [InlineData("epoll:=1")]
    public void An_unknown_option_is_refused(string text) => Assert.Throws<FormatException>(() => ServerSpec.Parse(text));

    [Theory]
    [InlineData("3%", 0.03)]
    [InlineData("0.03", 0.03)]
    [InlineData("0%", 0)]
    public void A_share_is_parsed(string text, double expected) => Assert.Equal(expected, Commands.Share.Parse(text), 9);

    [Theory]
    [InlineData("three")]
    [InlineData("-3%")]
    [InlineData("NaN")]
    public void An_invalid_share_is_refused(string text) => Assert.Throws<FormatException>(() => Commands.Share.Parse(text));

    [Theory]
    [InlineData(0.5)]
    [InlineData(601)]
    [InlineData(double.NaN)]
    public void A_number_outside_its_range_is_refused_by_name(double value) =>
        Assert.StartsWith("--seconds is", Assert.Throws<FormatException>(() => Commands.Limits.Within("--seconds", value, 1, 600)).Message);

    private static Comparison Compare(IReadOnlyList<Cell> cells, Headline? headline = null) =>
        Assert.Single(Comparer.CompareAll(Plan with { Works = [Work with { Headline = headline ?? Headline.Cpu }] }, cells, _ => null));

    private static List<Cell> Pairs(int count, Func<int, double> a, Func<int, double> b) =>
        [.. Enumerable.Range(0, count).SelectMany(i => new[]
        {
            new Cell { Server = "sockets", Work = "plaintext", Series = "A", Generation = i / 3, Pair = i % 3, CpuPerRequest = a(i) },
            new Cell { Server = "epoll", Work = "plaintext", Series = "B", Generation = i / 3, Pair = i % 3, CpuPerRequest = b(i) },
        })];
}
