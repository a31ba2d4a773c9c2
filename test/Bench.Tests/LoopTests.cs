using Bench.Clients;
using Bench.Load;
using Bench.Tests.Servers;

namespace Bench.Tests;

public class LoopTests
{
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(0.5);
    private static readonly long HalfAStall = (long)Stall.TotalNanoseconds / 2;

    private static CancellationToken Deadline => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    /// <summary>Other load on the machine can only add slow requests, so the bounds are lower bounds.</summary>
    [Fact]
    public void The_open_loop_records_every_request_that_a_stall_delays()
    {
        using StallingServer server = new StallingServer(stallAfter: 200, Stall);
        using OpenLoop loop = new OpenLoop(server.EndPoint, Exchange.Get("/"), connections: 8, rate: 400);
        LoadResult result = loop.Run(TimeSpan.FromSeconds(2), Deadline);

        Assert.Null(result.Error);
        Assert.Equal(800, result.Offered);

        // 400 a second for half a second is 200 requests; half of these come in its first half and wait for a quarter of a second or more.
        Assert.InRange(loop.Latencies.CountAbove(HalfAStall), 90, 800);
        Assert.True(result.Latency!.P99 >= 400_000, $"p99 is {result.Latency.P99} µs");
    }

    /// <summary>Other load can only add slow requests, so only the part with the stall has a bound.</summary>
    [Theory]
    [InlineData(50, true)]     // 50 requests at 400 a second: an eighth of a second
    [InlineData(600, false)]   // one and a half seconds
    public void The_open_loop_tells_the_first_second_from_the_rest(int stallAfter, bool isEarly)
    {
        using StallingServer server = new StallingServer(stallAfter, Stall);
        using OpenLoop loop = new OpenLoop(server.EndPoint, Exchange.Get("/"), connections: 8, rate: 400, splitFirstSecond: true);
        LoadResult result = loop.Run(TimeSpan.FromSeconds(3), Deadline);

        Assert.Null(result.Error);
        LatencySummary stalled = (isEarly ? result.FirstSecond : result.AfterFirstSecond)!;
        Assert.True(stalled.P99 >= 400_000, $"p99 is {stalled.P99} µs");
        Assert.Equal(result.Latency!.Max, Math.Max(result.FirstSecond!.Max, result.AfterFirstSecond!.Max));
    }

    [Fact]
    public void The_first_second_is_told_apart_only_where_a_work_asks_for_it()
    {
        using StallingServer server = new StallingServer(stallAfter: int.MaxValue, Stall);
        using OpenLoop loop = new OpenLoop(server.EndPoint, Exchange.Get("/"), connections: 2, rate: 100);
        LoadResult result = loop.Run(TimeSpan.FromSeconds(1.5), Deadline);
        Assert.NotNull(result.Latency);
        Assert.Null(result.FirstSecond);
        Assert.Null(result.AfterFirstSecond);
    }

    /// <summary>
    /// The same stall in a closed loop causes a few slow requests, at most one for each connection.
    /// </summary>
    [Fact]
    public void The_closed_loop_hides_the_same_stall()
    {
        using StallingServer server = new StallingServer(stallAfter: 200, Stall);
        using ClosedLoop loop = new ClosedLoop(server.EndPoint, Exchange.Get("/"), connections: 8);
        using Gate gate = new Gate();
        LoadResult result = loop.Run(TimeSpan.FromSeconds(2), gate, Deadline);

        Assert.Null(result.Error);
        Assert.True(loop.Latencies.Count > 1000);
        Assert.True(result.Latency!.Max >= 500_000, $"the longest is {result.Latency.Max} µs");
        Assert.True(loop.Latencies.CountAbove(HalfAStall) < loop.Latencies.Count / 10);
    }

    [Fact]
    public void An_unanswered_request_is_recorded_with_its_waiting_time()
    {
        using StallingServer server = new StallingServer(stallAfter: 100, TimeSpan.FromSeconds(4));
        using OpenLoop loop = new OpenLoop(server.EndPoint, Exchange.Get("/"), connections: 2, rate: 200);
        LoadResult result = loop.Run(TimeSpan.FromSeconds(1.5), Deadline);

        Assert.True(result.Requests < result.Offered, $"{result.Requests} of {result.Offered}");
        Assert.Equal(result.Offered, loop.Latencies.Count);
        Assert.True(result.Latency!.P99 >= 900_000, $"p99 is {result.Latency.P99} µs");
    }

    [Theory]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "503")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "Content-Length")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc", "more bytes")]
    public void A_wrong_response_is_an_error(string response, string complaint)
    {
        using StallingServer server = new StallingServer(stallAfter: int.MaxValue, Stall, response);
        using ClosedLoop loop = new ClosedLoop(server.EndPoint, Exchange.Get("/"), connections: 2);
        using Gate gate = new Gate();
        LoadResult result = loop.Run(TimeSpan.FromSeconds(0.5), gate, Deadline);
        Assert.Contains(complaint, result.Error);
        Assert.Equal(0, result.Requests);
    }

    [Fact]
    public void A_body_that_is_not_checked_ends_at_its_content_length()
    {
        HttpResponseReader reader = new HttpResponseReader();
        for (int round = 0; round < 2; round++)
        {
            Assert.Equal(0, reader.BodyLeft);
            Assert.False(reader.Take("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHel"u8));
            Assert.Equal(10, reader.BodyLeft);
            Assert.False(reader.Skip(9));
            Assert.Throws<ArgumentOutOfRangeException>(() => reader.Skip(2));
            Assert.True(reader.Skip(1));
        }
    }

    [Fact]
    public void A_response_is_parsed_for_every_split()
    {
        byte[] response = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\nDate: x\r\n\r\nHello, World!"u8.ToArray();
        for (int cut = 1; cut < response.Length; cut++)
        {
            HttpResponseReader reader = new HttpResponseReader();
            for (int round = 0; round < 2; round++)
            {
                Assert.False(reader.Take(response.AsSpan(0, cut)));
                Assert.True(reader.Take(response.AsSpan(cut)));
            }
        }
    }
}
