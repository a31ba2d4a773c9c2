using Bench.Clients;
using Bench.Commands;
using Bench.Load;
using Bench.Plans;
using Bench.Servers;
using Bench.Tests.Servers;
using Bench.Works;

namespace Bench.Tests.Works;

/// <summary>The plan of each work: what it requests, how it is judged, and how its processes live.</summary>
public sealed class WorksTests
{
    private static readonly IReadOnlyList<Work> All = AllWorks.List(rate: 3000, idle: 0);

    [Fact]
    public void Names_are_unique_and_do_not_collide_with_groups()
    {
        Assert.Equal(All.Count, All.Select(work => work.Name).Distinct().Count());
        Assert.Empty(All.Select(work => work.Name).Intersect(AllWorks.Groups.Keys));
        Assert.All(AllWorks.Groups, group => Assert.Contains(All, work => group.Value(work)));
        Assert.All(AllWorks.Default, name => Assert.Contains(name, All.Select(work => work.Name)));
    }

    [Theory]
    [InlineData("keepalive-1", "/plaintext", 1)]
    [InlineData("keepalive-4", "/plaintext", 4)]
    [InlineData("keepalive-16", "/plaintext", 16)]
    [InlineData("keepalive-64", "/plaintext", 64)]
    [InlineData("keepalive-512", "/plaintext", 512)]
    [InlineData("delay", "/delay?ms=2", 64)]
    [InlineData("compute-100us", "/spin?us=100", 16)]
    [InlineData("compute-2ms", "/spin?us=2000", 16)]
    [InlineData("stream-4k", "/stream?bytes=262144&flush=4096", 16)]
    [InlineData("stream-16k", "/stream?bytes=262144&flush=16384", 16)]
    [InlineData("stream-64k", "/stream?bytes=262144&flush=65536", 16)]
    [InlineData("stream-events", "/events?count=100", 16)]
    [InlineData("stream-json", "/items?count=1000", 16)]
    [InlineData("static-8k", "/static/8k-0", 32)]
    [InlineData("static-256k", "/static/256k-0", 16)]
    [InlineData("static-10m", "/static/10m-0", 4)]
    [InlineData("static-file-8k", "/file/8k-0", 32)]
    [InlineData("static-file-256k", "/file/256k-0", 16)]
    [InlineData("static-file-10m", "/file/10m-0", 4)]
    [InlineData("static-tls-256k", "/static/256k-0", 16, true)]
    public void A_closed_loop_of_wrk_requests_a_path_and_is_judged_by_CPU_time_in_slices(string name, string path, int connections,
        bool tls = false)
    {
        LoadWork work = Named(name);
        Assert.Equal(new Wrk(path, connections) { Tls = tls, Arguments = ((Wrk)work.Load).Arguments }, work.Load);
        Assert.Equal(Headline.Cpu, work.Headline);
        Assert.True(work.Sliced);
        Assert.Equal(name.StartsWith("static-", StringComparison.Ordinal), StaticFileWorks.IsOne(work));
    }

    [Fact]
    public void Uploads_have_a_body_of_one_mebibyte()
    {
        Wrk load = Assert.IsType<Wrk>(Named("upload").Load);
        Assert.Equal(("/upload", "post.lua", "1048576"), (load.Path, load.Script, load.Arguments.Single()));
    }

    [Theory]
    [InlineData("http2-1x100", "/plaintext", 1, 100)]
    [InlineData("http2-tls", "/plaintext", 8, 16)]
    [InlineData("http2-256k", "/stream?bytes=262144", 4, 8)]
    public void HTTP_2_works_use_TLS(string name, string path, int connections, int streams) =>
        Assert.Equal(new H2load(path, connections, streams) { Tls = true }, Named(name).Load);

    [Theory]
    [InlineData("steady-1k", "1,000")]
    [InlineData("steady-10k", "10,000")]
    public void A_fixed_rate_is_judged_by_CPU_time_and_by_the_far_tail_in_undisturbed_windows(string name, string rate)
    {
        LoadWork work = Named(name);
        Assert.Equal([Headline.Cpu, Headline.FarTail], work.Headlines);
        Assert.Contains($"{rate} requests/s over 64 connections", work.Description, StringComparison.Ordinal);
        Assert.False(work.Sliced);
    }

    [Fact]
    public void The_rate_of_the_work_steady_is_an_option() =>
        Assert.Contains("3,000 requests/s", Named("steady").Description, StringComparison.Ordinal);

    [Fact]
    public void A_limited_connection_has_ten_requests()
    {
        using CountingServer server = new CountingServer();
        using ClosedLoop loop = new ClosedLoop(server.EndPoint, Exchange.Get("/"), connections: 1, requestsPerConnection: 10);
        using Gate gate = new Gate();
        LoadResult result = loop.Run(TimeSpan.FromSeconds(3), gate, TestContext.Current.CancellationToken);
        Assert.Null(result.Error);
        SpinWait.SpinUntil(() => server.RequestsOfClosedConnections.Count > 0, TimeSpan.FromSeconds(30));
        Assert.All(server.RequestsOfClosedConnections, count => Assert.Equal(10, count));
        Assert.NotEmpty(server.RequestsOfClosedConnections);
    }

    [Fact]
    public void On_shared_processors_works_are_also_judged_by_requests_per_second()
    {
        IReadOnlyList<Work> shared = AbOptions.Judged(All, null, CorePlacement.Shared);
        LoadWork plaintext = (LoadWork)shared.First(work => work.Name == "keepalive-64");
        Assert.Equal([Headline.Cpu, Headline.Throughput], plaintext.Headlines);
        Assert.False(plaintext.Sliced);   // slices have no rate
        Assert.Equal([Headline.Cpu, Headline.FarTail], shared.First(work => work.Name == "steady-1k").Headlines);
        Assert.Same(All, AbOptions.Judged(All, null, CorePlacement.Split));
        Assert.Equal([Headline.Tail, Headline.Throughput], AbOptions.Judged(All, "p99, throughput", CorePlacement.Split)[0].Headlines);
        Assert.Throws<FormatException>(() => AbOptions.Judged(All, "speed", CorePlacement.Split));
    }

    [Fact]
    public void Shared_processors_are_the_same_for_server_and_load_and_a_result_names_them()
    {
        Assert.Equal(CorePlacement.Shared.Server, CorePlacement.Shared.Client);
        Assert.False(CorePlacement.Shared.Apart);
        Plan plan = Plan.Compare(ServerSpec.Parse("sockets"), ServerSpec.Parse("epoll"), []) with { Cores = CorePlacement.Shared };
        Assert.Contains("\"cores\": \"shared\"", Results.ResultFile.Begin(plan, "", "").ToJson(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("split", "split")]
    [InlineData("one", "split")]
    [InlineData("pinned", "split")]
    [InlineData("shared", "shared")]
    [InlineData("two", "shared")]
    public void Placements_have_one_name_in_results(string given, string name)
    {
        Assert.Equal(name, CorePlacement.Parse(given).Name);
        Assert.Equal(name, CorePlacement.NameOf(given));
    }

    [Fact]
    public void An_unknown_placement_is_refused_and_the_message_lists_the_allowed_ones() =>
        Assert.Contains("split, shared", Assert.Throws<FormatException>(() => CorePlacement.Parse("three")).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Rounds_are_spread_over_generations()
    {
        Plan plan = Plan.Compare(ServerSpec.Parse("sockets"), ServerSpec.Parse("epoll"), []) with { Rounds = 8, Generations = 3 };
        Assert.Equal([3, 3, 2], Enumerable.Range(0, 3).Select(plan.RoundsOf));
    }

    private static LoadWork Named(string name) => (LoadWork)All.Single(work => work.Name == name);
}
