using System.Net;
using Bench.Files;
using Bench.Load;
using Bench.Measuring;
using Bench.Plans;
using Bench.Results;
using Bench.Servers;

namespace Bench.Tests.Files;

/// <summary>Cells of file works are accepted by the rules of all other works.</summary>
public sealed class FileCellTests
{
    private static readonly LoadResult Good = new() { Requests = 1000, Seconds = 1, Bytes = 1 << 30 };

    private static readonly LoadResult Small = new()
    {
        Requests = 200,
        Seconds = 1,
        Offered = 200,
        Latency = new LatencySummary(100, 200, 300, 400, 500),
    };

    private static readonly WindowUse Use = new(
        new IPEndPoint(IPAddress.Loopback, 5000), TimeSpan.FromSeconds(1), ContextSwitches: 10,
        ServerBusy: 0.99, ClientBusy: 0.5, OthersBusy: 0.01, Stolen: 0, Strangers: 0);

    [Fact]
    public void A_good_cell_is_accepted_with_all_its_figures()
    {
        Cell cell = Judge(Good, Small, Use);
        Assert.Null(cell.Refused);
        Assert.Equal(1.0, cell.Named("cpuSecondsPerGibibyte"));
        Assert.Equal(0.3, cell.Named("besideP99Milliseconds")!.Value, 9);
    }

    [Fact]
    public void Other_processes_on_the_processor_are_refused() =>
        Assert.Contains("other processes", Judge(Good, Small, Use with { OthersBusy = 0.3 }).Refused);

    [Fact]
    public void The_hypervisor_is_refused() => Assert.Contains("hypervisor", Judge(Good, Small, Use with { Stolen = 0.4 }).Refused);

    [Fact]
    public void A_saturated_load_generator_is_refused() =>
        Assert.Contains("saturated", Judge(Good, Small, Use with { ClientBusy = 1, ServerBusy = 0.6 }).Refused);

    [Fact]
    public void A_load_without_a_response_is_refused() =>
        Assert.Contains("no request", Judge(Good with { Requests = 0, Bytes = 0 }, Small, Use).Refused);

    [Fact]
    public void A_window_within_a_large_file_is_accepted_without_figures_per_request()
    {
        Cell cell = Judge(Good with { Requests = 0 }, Small, Use);
        Assert.Null(cell.Refused);
        Assert.Null(cell.CpuPerRequest);
        Assert.NotNull(cell.Named("gigabytesPerSecond"));
    }

    [Fact]
    public void Another_listener_is_refused() => Assert.Contains("another process", Judge(Good, Small, Use with { Strangers = 1 }).Refused);

    [Fact]
    public void An_error_of_the_small_requests_is_refused() =>
        Assert.Equal("reset", Judge(Good, Small with { Error = "reset" }, Use).Refused);

    [Fact]
    public void Late_small_requests_cost_their_own_figures_only()
    {
        Cell cell = Judge(Good, Small with { ClientLag = 5000 }, Use);
        Assert.Null(cell.Refused);
        Assert.Null(cell.Named("besideP99Milliseconds"));
        Assert.NotNull(cell.Named("gigabytesPerSecond"));
    }

    private static Cell Judge(LoadResult result, LoadResult small, WindowUse use)
    {
        FileLoadWork work = (FileLoadWork)FileWorks.All(FileSet.Full("/srv", 1)).First(one => one.Name == "medium");
        return work.ToCell(new ThisProcess { Cores = CorePlacement.Split }, new MeasureSettings(), result, small, use, cacheGrowth: 0);
    }

    private sealed class ThisProcess : Server
    {
        public override string Name => "static";

        public override int ProcessId => Environment.ProcessId;

        public override IPEndPoint EndPoint => new(IPAddress.Loopback, 5000);

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
