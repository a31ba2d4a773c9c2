using System.Xml.Linq;
using Bench.Report;
using Bench.Results;
using Bench.Servers;
using Bench.Statistics;

namespace Bench.Tests.Report;

/// <summary>Every chart is well-formed, fetches nothing, and comes with a table of its figures.</summary>
public sealed class ChartTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Theory]
    [InlineData("ab", "ratios latency-plaintext")]
    [InlineData("models", "idle-cost reply-rate trigger accept rtsig-queue")]
    [InlineData("files", "ratios throughput cpu small stalled size-cpu-cold size-throughput-cold size-p99-cold "
        + "size-cpu-warm size-throughput-warm size-p99-warm")]
    public void A_kind_of_result_has_its_charts(string kind, string names) =>
        Assert.Equal(names, string.Join(' ', Charts.Of(ResultOf(kind)).Select(chart => chart.Name)));

    [Theory]
    [InlineData("ab")]
    [InlineData("models")]
    [InlineData("files")]
    public void A_chart_is_well_formed_and_refers_to_nothing_outside(string kind)
    {
        foreach (Chart chart in Charts.Of(ResultOf(kind)))
        {
            foreach (string text in new[] { chart.ToFile(), $"<div>{chart.ToHtml()}</div>" })
            {
                XElement root = XElement.Parse(text);   // throws where it is not well-formed
                Assert.All(root.DescendantsAndSelf().Where(element => element.Name == Svg + "svg"), svg =>
                {
                    Assert.Equal("img", svg.Attribute("role")?.Value);
                    Assert.False(string.IsNullOrEmpty(svg.Element(Svg + "title")?.Value));
                    Assert.False(string.IsNullOrEmpty(svg.Element(Svg + "desc")?.Value));
                });
                Assert.DoesNotContain(root.DescendantsAndSelf(),
                    element => element.Name.LocalName is "image" or "script" or "use" or "foreignObject");
                Assert.DoesNotContain(root.DescendantsAndSelf().Attributes(),
                    attribute => attribute.Name.LocalName is "href" or "src" or "style");
                Assert.DoesNotContain("url(", text, StringComparison.Ordinal);
                Assert.DoesNotContain("@import", text, StringComparison.Ordinal);
                Assert.DoesNotContain("NaN", text, StringComparison.Ordinal);
                Assert.DoesNotContain("∞", text, StringComparison.Ordinal);
            }

            Assert.NotEmpty(chart.Table.Rows);
            Assert.All(chart.Table.Rows, row => Assert.Equal(chart.Table.Columns.Count, row.Count));
        }
    }

    [Theory]
    [InlineData("ab")]
    [InlineData("models")]
    [InlineData("files")]
    public void Every_title_of_a_chart_and_of_a_table_names_the_placement(string kind)
    {
        foreach (CorePlacement cores in CorePlacement.All)
        {
            ResultFile result = ResultOf(kind) with { Cores = cores.Name };
            string ending = $" · {cores.Name} cores";
            Assert.All(Charts.Of(result), chart => Assert.EndsWith(ending, chart.Title, StringComparison.Ordinal));
            Assert.All(Charts.Of(result), chart => Assert.EndsWith(ending, chart.Table.Title, StringComparison.Ordinal));
            Assert.All(FigureTables.Of(result), table => Assert.EndsWith(ending, table.Title, StringComparison.Ordinal));
            Assert.EndsWith(ending, ComparisonTables.Of(result).Title, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_file_follows_the_colour_scheme_of_the_reader() =>
        Assert.Contains("@media(prefers-color-scheme:dark)", Charts.Of(ResultOf("ab"))[0].ToFile(), StringComparison.Ordinal);

    [Fact]
    public void Servers_of_this_project_have_one_hue_and_the_others_are_grey()
    {
        IReadOnlyDictionary<string, string> classes =
            ChartStyle.ClassesOf(["sockets", "epoll", "direct", "nginx-sendfile", "static", "static-epoll"]);
        Assert.Equal(["g0", "o0", "o1", "g1", "g2", "o2"], classes.Values);
    }

    /// <summary>A difference that may be noise has no number beside it and does not change the order of the rows.</summary>
    [Fact]
    public void Noise_is_not_ranked()
    {
        Comparison[] comparisons = [Of("plaintext", 0.99, Verdict.NoDifference), Of("churn", 0.8, Verdict.Faster),
            Of("json", 1.01, Verdict.NoDifference)];
        string svg = Charts.Ratios(ResultOf("ab") with { Comparisons = comparisons }).Single().ToFile();
        int[] rows = [.. comparisons.Select(one => svg.IndexOf($"{one.Work}:", StringComparison.Ordinal))];
        Assert.Equal(rows.Order(), rows);
        Assert.Contains("0.80 × · better", svg, StringComparison.Ordinal);
        Assert.DoesNotContain("0.99", svg, StringComparison.Ordinal);
        Assert.Equal(3, svg.Split("no difference").Length);
    }

    [Fact]
    public void The_summary_is_one_sentence_one_number_and_one_picture()
    {
        SummaryCard card = SummaryCard.Of([ResultOf("models"), ResultOf("ab")])!;
        Assert.Equal("−40 %", card.Number);
        Assert.Equal(
            "epoll has 0.60 times the CPU time per request of sockets at plaintext, shared cores (95 % interval 0.55 to 0.65 times).",
            card.Sentence);
        Assert.Equal(Svg + "svg", XElement.Parse(card.Picture).Name);
        Assert.Null(SummaryCard.Of([ResultOf("models")]));
    }

    [Fact]
    public void A_summary_of_noise_says_so()
    {
        SummaryCard card = SummaryCard.Of([ResultOf("ab") with { Comparisons = [Of("plaintext", 1.01, Verdict.NoDifference)] }])!;
        Assert.Equal("±0", card.Number);
        Assert.StartsWith("There is no difference between epoll and sockets", card.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_is_escaped()
    {
        string svg = Charts.Ratios(ResultOf("ab") with { Comparisons = [Of("<a&b>", 0.5, Verdict.Faster)] }).Single().ToFile();
        Assert.Contains("&lt;a&amp;b&gt;", svg, StringComparison.Ordinal);
        XElement.Parse(svg);
    }

    /// <summary>A result with every chart of its kind.</summary>
    internal static ResultFile ResultOf(string kind) => new()
    {
        Kind = kind,
        Taken = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Commit = "0123456789ab",
        Command = "./build.sh bench",
        Machine = new Machine("processor", 2, "8 GiB", "6.18", "Debian", ".NET 10"),
        Cores = CorePlacement.Shared.Name,
        Comparisons = kind switch
        {
            "ab" => [Of("plaintext", 0.6, Verdict.Faster)],
            "files" => [Of("large-8", 1.2, Verdict.Slower)],
            _ => [],
        },
        Cells = kind switch { "ab" => AbCells(), "models" => ModelCells(), _ => FileCells() },
    };

    private static Comparison Of(string work, double ratio, Verdict verdict) => new()
    {
        A = "sockets",
        B = "epoll",
        Work = work,
        Metric = "CPU per request",
        Unit = "µs",
        Verdict = verdict,
        Ratio = ratio,
        Interval = new Interval(ratio - 0.05, ratio + 0.05),
        Pairs = 6,
        MedianOfA = 10,
        MedianOfB = 10 * ratio,
        Refusals = [],
    };

    private static IReadOnlyList<Cell> AbCells() =>
    [
        new Cell { Server = "sockets", Work = "plaintext", Series = "A", Latency = new Load.LatencySummary(100, 200, 300, 400, 500) },
        new Cell { Server = "epoll", Work = "plaintext", Series = "B", Latency = new Load.LatencySummary(90, 180, 270, 360, 450) },
    ];

    private static IReadOnlyList<Cell> ModelCells() =>
    [
        .. from server in new[] { "epoll", "poll", "sockets" }
           from at in new double[] { 0, 500, 5000 }
           select new Cell { Server = server, Series = server, Work = "idle-cost", At = at, CpuPerRequest = 10 + at },
        .. from at in new double[] { 5000, 20_000 }
           select new Cell { Server = "epoll", Series = "epoll, 1,000 idle", Work = "reply-rate", At = at, RequestsPerSecond = at },
        new Cell { Server = "epoll", Series = "epoll:Trigger=Edge", Work = "trigger", At = 0,
            Figures = new Dictionary<string, double> { ["epollCtlPerRequest"] = 0 } },
        new Cell { Server = "epoll", Series = "epoll:loops=2", Work = "accept", At = 0, RequestsPerSecond = 9000 },
        .. from at in new double[] { 8, 512 }
           select new Cell
           {
               Server = "rtsig", Series = "rtsig", Work = "rtsig-queue", At = at,
               Figures = new Dictionary<string, double> { ["overflowsPerThousand"] = at == 8 ? 3 : 0 },
           },
    ];

    private static IReadOnlyList<Cell> FileCells() =>
    [
        .. from work in new[] { "large-8", "size-64k-cold", "size-4m-cold", "size-64k-warm", "size-4m-warm" }
           from server in new[] { "static", "direct", "direct-none" }
           select new Cell
           {
               Server = server, Work = work, Latency = new Load.LatencySummary(100, 200, 300, 400, 500),
               Figures = new Dictionary<string, double> { ["cpuSecondsPerGibibyte"] = 1, ["gigabytesPerSecond"] = 2,
                   ["besideP99Milliseconds"] = 3 },
           },
        new Cell { Server = "static", Work = "stalled", MemoryPerConnection = 70_000 },
        new Cell { Server = "direct", Work = "stalled", MemoryPerConnection = 7_000 },
    ];
}
