using System.Text.Json;
using Bench.Arena;
using Bench.Clients;
using Bench.Commands;
using Bench.Load;
using Bench.Plans;
using Bench.Report;
using Bench.Results;
using Bench.Tests.Report;
using Bench.Works;

namespace Bench.Tests.Works;

/// <summary>The works of <c>bench arena</c>.</summary>
public sealed class ArenaWorksTests
{
    private static readonly IReadOnlyList<Work> All = ArenaWorks.List(idle: 0);

    [Fact]
    public void Names_are_unique_and_groups_share_no_work()
    {
        Assert.Equal(All.Count, All.Select(work => work.Name).Distinct().Count());
        Assert.Empty(All.Select(work => work.Name).Intersect(ArenaWorks.Groups.Keys));
        Assert.All(All, work => Assert.Single(ArenaWorks.Groups.Values, holds => holds(work)));
        Assert.All(All, work => Assert.Equal(ArenaData.ServerArguments, work.ServerArguments));
    }

    [Fact]
    public void Scripts_of_wrk_exist()
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "Load", "Scripts");
        Assert.All(All.OfType<LoadWork>().Select(work => work.Load).OfType<Wrk>(), load =>
            Assert.True(File.Exists(Path.Combine(folder, load.Script)), load.Script));
    }

    [Fact]
    public void The_plan_measures_the_arena_application_on_Sockets_and_epoll_in_all_works()
    {
        AbOptions options = new AbOptions(AbSuite.Arena);
        System.CommandLine.Command command = new System.CommandLine.Command("arena");
        options.AddTo(command);
        Plan plan = options.ReadPlan(command.Parse(["--short", "--cores", "shared"]));
        Assert.Equal(ResultFile.Arena, plan.Kind);
        Assert.Equal(["sockets", "epoll"], plan.Candidates.Select(candidate => candidate.Name));
        Assert.Equal(All.Select(work => work.Name), plan.Works.Select(work => work.Name));
        Assert.Equal((3, 1), (plan.Rounds, plan.Generations));
        Assert.Empty(plan.Goals);
        Assert.Equal(["baseline-h2"], options.ReadPlan(command.Parse(["sockets", "epoll:inline", "--works", "baseline-h2"])).Works
            .Select(work => work.Name));
    }

    [Fact]
    public void A_result_of_the_arena_is_read_and_shown_as_a_comparison()
    {
        ResultFile result = ChartTests.ResultOf("ab") with { Kind = ResultFile.Arena };
        using TemporaryFile file = TemporaryFile.Write(result.ToJson(), ".json");
        Assert.Equal(result.ToJson(), ResultFile.Read(file.Path).ToJson());
        Assert.Equal(["ratios", "latency-plaintext"], Charts.Of(result).Select(chart => chart.Name));
        Assert.Contains("Profiles of the public board: epoll compared with sockets", HtmlPage.Make([result]), StringComparison.Ordinal);
    }

    [Fact]
    public void The_data_set_has_fifty_items_with_every_field_of_the_board()
    {
        using JsonDocument document = JsonDocument.Parse(ArenaData.MakeDataset());
        Assert.Equal(50, document.RootElement.GetArrayLength());
        Assert.All(document.RootElement.EnumerateArray(), item => Assert.Equal(
            ["id", "name", "category", "price", "quantity", "active", "tags", "rating"],
            item.EnumerateObject().Select(property => property.Name)));
        Assert.Equal(ArenaData.MakeDataset(), ArenaData.MakeDataset());
    }

    [Fact]
    public void A_short_text_frame_is_masked_with_zeros_and_has_a_length_of_seven_bits()
    {
        WebSocketExchange exchange = new WebSocketExchange("hello");
        Assert.Equal([0x81, 0x85, 0, 0, 0, 0, .. "hello"u8], exchange.Request);
        Assert.True(exchange.MakeReader().Take([0x81, 5, .. "hello"u8]));
        Assert.Throws<InvalidDataException>(() => exchange.MakeReader().Take([0x82, 5, .. "hello"u8]));
        Assert.Equal([0x82, 0x80 | 126, 2, 0], new WebSocketExchange(512).Request[..4]);
    }
}
