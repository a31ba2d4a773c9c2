using Bench.Servers;
using WebApp.Live;

namespace Bench.Tests.Samples;

/// <summary>What the live page of samples/WebApp is made of, without a server.</summary>
public sealed class LivePartsTests
{
    [Theory]
    [InlineData("epoll,none", "5000,5001", "--transport none")]
    [InlineData("epoll,epoll", "5000,5001", "named twice")]
    [InlineData("epoll,sockets", "5000", "not 2 different ports")]
    [InlineData("epoll,sockets", "5000,5000", "not 2 different ports")]
    [InlineData("epoll,sockets", "5000,0", "not 2 different ports")]
    public async Task A_wrong_list_of_transports_or_ports_is_refused(string transports, string ports, string complaint)
    {
        ChildProcess.Ended ended = await ChildProcess.RunAsync(
            ["dotnet", SampleApp.WebApp.Path, "--transport", transports, "--ports", ports],
            _ => { },
            TestContext.Current.CancellationToken);
        Assert.Equal(2, ended.ExitCode);
        Assert.Contains(complaint, ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Percentiles_of_the_page_are_at_most_an_eighth_too_high()
    {
        LatencyBuckets latencies = new LatencyBuckets();
        for (int microseconds = 1; microseconds <= 100_000; microseconds++)
        {
            latencies.Record(TimeSpan.FromMicroseconds(microseconds));
        }

        long[] counts = latencies.Take();
        foreach (double share in new[] { 0.5, 0.9, 0.99, 1 })
        {
            Assert.InRange(LatencyBuckets.Percentile(counts, share)!.Value, share * 100_000 - 1, share * 100_000 * 1.125);
        }

        Assert.Null(LatencyBuckets.Percentile(latencies.Take(), 0.5));   // each second has its own
    }

    [Theory]
    [InlineData("12 (epoll loop 0) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0", 2.0)]
    [InlineData("12 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 7 5 0 0", 0.12)]
    public void The_CPU_time_of_a_thread_is_read_whatever_its_name_contains(string stat, double seconds) =>
        Assert.Equal(seconds, ThreadCpu.SecondsOf(stat), 9);
}
