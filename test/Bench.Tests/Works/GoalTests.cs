using System.Net;
using Bench.Commands;
using Bench.Plans;
using Bench.Report;
using Bench.Results;
using Bench.Servers;
using Bench.Statistics;
using Bench.Tests.Report;
using Bench.Works;

namespace Bench.Tests.Works;

/// <summary>The works of <c>--works table</c>, their goals, and the table of a run with goals.</summary>
public sealed class GoalTests
{
    private static readonly IReadOnlyList<Work> All = AllWorks.List(rate: 3000, idle: 0);

    [Fact]
    public void Every_work_with_a_goal_exists_and_the_figure_of_the_goal_is_compared()
    {
        foreach (CorePlacement cores in CorePlacement.All)
        {
            IReadOnlyList<Work> judged = AbOptions.Judged(All, null, cores);
            Assert.All(Goals.Of(cores), goal =>
            {
                Work work = judged.Single(one => one.Name == goal.Work);
                Assert.Contains(goal.Metric, work.Headlines.Select(headline => headline.Name));
                Assert.Equal(goal.LowerIsBetter, work.Headlines.Single(headline => headline.Name == goal.Metric).LowerIsBetter);
            });
        }
    }

    [Theory]
    [InlineData("split")]
    [InlineData("shared")]
    public void Every_work_of_the_table_has_a_goal_in_each_placement(string cores)
    {
        IReadOnlyList<Goal> goals = Goals.Of(CorePlacement.Parse(cores));
        Assert.Equal(Goals.Works.Order(), goals.Select(goal => goal.Work).Distinct().Order());
        Assert.Equal(goals.Count, goals.Select(goal => (goal.Work, goal.Metric)).Distinct().Count());
        Assert.All(goals.Where(goal => goal is { IsRatio: true, LowerIsBetter: true }), goal => Assert.InRange(goal.Limit, 0.1, 1.0));
    }

    [Theory]
    [InlineData("split", "keepalive-64", 0.55)]
    [InlineData("split", "keepalive-1", 1.0)]   // no goal of its own: never worse than Sockets
    [InlineData("shared", "keepalive-64", 0.58)]
    [InlineData("shared", "static-8k", 0.85)]
    [InlineData("split", "static-8k", 0.75)]
    public void The_limit_of_CPU_time_depends_on_the_placement(string cores, string work, double limit) => Assert.Equal(
        limit, Goals.Of(CorePlacement.Parse(cores)).Single(goal => goal.Work == work && goal.Metric == Headline.Cpu.Name).Limit);

    [Fact]
    public void The_table_is_one_selection_with_fewer_pairs_than_a_single_work()
    {
        Plan plan = AbOptions.ReadPlan("sockets", "epoll", "--works", "table", "--cores", "shared");
        Assert.Equal(Goals.Works.Order(), plan.Works.Select(work => work.Name).Order());
        Assert.Equal((5, 2, null), (plan.Rounds, plan.Generations, plan.SeparateRounds));
        Assert.Equal(Goals.Of(CorePlacement.Shared), plan.Goals);

        plan = AbOptions.ReadPlan("sockets", "epoll", "--works", "table", "--short");
        Assert.Equal((3, 1, 2), (plan.Rounds, plan.Generations, plan.SeparateRounds));
        Assert.Equal(2, plan.SeparateRoundsOf(0));
        Assert.Equal(Goals.Of(CorePlacement.Split), plan.Goals);
        Assert.Equal(WarmUp.Brief, plan.Settings.WarmUp);

        plan = AbOptions.ReadPlan("sockets", "epoll", "--work", "churn");
        Assert.Equal((12, 3, null), (plan.Rounds, plan.Generations, plan.SeparateRounds));
        Assert.Empty(plan.Goals);
    }

    [Theory]
    [InlineData("plaintext", "keepalive-64")]
    [InlineData("plaintext-512", "keepalive-512")]
    public void Former_names_of_works_are_accepted(string former, string name) =>
        Assert.Equal(name, Assert.Single(AbOptions.ReadPlan("sockets", "epoll", "--work", former).Works).Name);

    [Fact]
    public void A_row_has_the_ratios_and_says_whether_every_goal_of_the_work_is_met()
    {
        ResultFile result = ChartTests.ResultOf("ab") with
        {
            Goals =
            [
                new Goal("churn", Headline.Cpu.Name, 0.62), new Goal("churn", Headline.Throughput.Name, 1.3, LowerIsBetter: false),
                new Goal("json", Headline.Cpu.Name, 0.5), new Goal("tls", Headline.Cpu.Name, 0.5),
                new Goal("blocked", Headline.LateTail.Name, 5000, IsRatio: false),
            ],
            Comparisons =
            [
                Of("churn", Headline.Cpu, 10, 6), Of("churn", Headline.Throughput, 1000, 1400), Of("json", Headline.Cpu, 10, 5.1),
                Of("blocked", Headline.LateTail, 3_000_000, 4_900),
            ],
        };
        FigureTable table = GoalTable.Of(result);
        Assert.Equal(["churn", "shared", "1.40", "0.60", "", "CPU ≤ 0.62, req/s ≥ 1.30", "yes"], table.Rows[0]);
        Assert.Equal(["json", "shared", "–", "0.51", "", "CPU ≤ 0.50", "no"], table.Rows[1]);
        Assert.Equal("not measured", table.Rows[2][^1]);
        Assert.Equal(["blocked", "yes"], [table.Rows[3][0], table.Rows[3][^1]]);
        Assert.Contains("4,900 against 3,000,000 µs", table.Rows[3][4], StringComparison.Ordinal);
        Assert.Contains("Goals: epoll ÷ sockets · shared cores", WebUtility.HtmlDecode(HtmlPage.Make([result])),
            StringComparison.Ordinal);
        Assert.DoesNotContain("Goals:", HtmlPage.Make([result with { Goals = [] }]), StringComparison.Ordinal);
    }

    /// <summary>Slices have no rate; the uninterrupted windows beside them do. A refused window counts for neither.</summary>
    [Fact]
    public void The_rate_of_a_sliced_work_is_that_of_its_uninterrupted_windows()
    {
        ResultFile result = ChartTests.ResultOf("ab") with
        {
            Goals = [new Goal("churn", Headline.Cpu.Name, 1)],
            Comparisons = [Of("churn", Headline.Cpu, 10, 6)],
            Cells = [],
            LatencyCells =
            [
                Window("A", 1000), Window("A", 2000), Window("B", 3000),
                Window("B", 9000) with { Refused = "other processes used 30 % of the server's processors" },
            ],
        };
        Assert.Equal("2.00", GoalTable.Of(result).Rows[0][2]);

        static Cell Window(string series, double rate) =>
            new() { Server = series, Work = "churn", Series = series, RequestsPerSecond = rate };
    }

    [Fact]
    public void Works_that_need_new_processes_have_rounds_of_their_own()
    {
        Plan plan = Plan.Compare(ServerSpec.Parse("sockets"), ServerSpec.Parse("epoll"), []) with
        {
            Rounds = 5,
            Generations = 2,
            SeparateRounds = 3,
        };
        Assert.Equal([2, 1], Enumerable.Range(0, 2).Select(plan.SeparateRoundsOf));
        Assert.Equal([3, 2], Enumerable.Range(0, 2).Select(plan.RoundsOf));
    }

    private static Comparison Of(string work, Headline headline, double a, double b) => new()
    {
        A = "sockets",
        B = "epoll",
        Work = work,
        Metric = headline.Name,
        Unit = headline.Unit,
        LowerIsBetter = headline.LowerIsBetter,
        Verdict = Verdict.None,
        Ratio = b / a,
        Pairs = 3,
        MedianOfA = a,
        MedianOfB = b,
        Refusals = [],
    };
}
