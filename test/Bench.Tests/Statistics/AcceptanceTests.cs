using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Bench.Load;
using Bench.Measuring;
using Bench.Works;

namespace Bench.Tests.Statistics;

public class AcceptanceTests
{
    private static readonly AcceptanceRules Rules = new();

    private static readonly LoadResult GoodResult = new() { Requests = 1000, Seconds = 1 };

    private static readonly WindowUse GoodUse = new(
        new IPEndPoint(IPAddress.Loopback, 5000), TimeSpan.FromSeconds(1), ContextSwitches: 10,
        ServerBusy: 0.99, ClientBusy: 0.5, OthersBusy: 0.01, Stolen: 0, Strangers: 0);

    [Fact]
    public void A_good_cell_is_accepted() => Assert.Null(Rules.Judge(GoodResult, GoodUse));

    [Fact]
    public void An_error_is_refused() =>
        Assert.Equal("3 status errors", Rules.Judge(GoodResult with { Error = "3 status errors" }, GoodUse));

    [Fact]
    public void A_load_without_a_response_is_refused() => Assert.NotNull(Rules.Judge(GoodResult with { Requests = 0 }, GoodUse));

    [Fact]
    public void A_saturated_client_is_refused() =>
        Assert.Contains("load generator was saturated", Rules.Judge(GoodResult, GoodUse with { ClientBusy = 1, ServerBusy = 0.6 }));

    [Fact]
    public void A_busy_client_of_a_busy_server_is_accepted() => Assert.Null(Rules.Judge(GoodResult, GoodUse with { ClientBusy = 1 }));

    [Fact]
    public void A_late_open_loop_is_refused() =>
        Assert.Contains("keep its schedule", Rules.Judge(GoodResult with { Offered = 1000, ClientLag = 2500 }, GoodUse));

    [Fact]
    public void A_delay_below_a_tenth_of_the_p99_is_accepted()
    {
        LatencySummary slow = new LatencySummary(5e3, 1e4, 3e5, 4e5, 4e5);
        Assert.Null(Rules.Judge(GoodResult with { Offered = 1000, ClientLag = 2500, Latency = slow }, GoodUse));
    }

    [Fact]
    public void Other_processes_on_the_processor_are_refused() =>
        Assert.Contains("30", Rules.Judge(GoodResult, GoodUse with { OthersBusy = 0.3 }));

    [Fact]
    public void Time_taken_by_the_hypervisor_is_refused()
        => Assert.Contains("hypervisor", Rules.Judge(GoodResult, GoodUse with { Stolen = 0.4 }));

    [Fact]
    public void A_second_listener_is_refused() =>
        Assert.Contains("another process", Rules.Judge(GoodResult, GoodUse with { Strangers = 1 }));

    [Fact]
    public void A_listener_of_another_process_is_detected()
    {
        using TcpListener listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;

        Assert.Equal(0, Listeners.Strangers(port, [Environment.ProcessId]));
        using Process other = Process.Start(new ProcessStartInfo("sleep", "30"))!;
        try
        {
            Assert.Equal(1, Listeners.Strangers(port, [other.Id]));   // seen from another process, the listener is a stranger
        }
        finally
        {
            other.Kill();
            other.WaitForExit();
        }
    }
}
