using System.Diagnostics;
using Transport.Core.Loops.Merging;

namespace Transport.Tests.Scheduling;

/// <summary>
/// When loops merge, and when they part: with what was measured of works on two processors, two loops and one thread of clients.
/// </summary>
public sealed class MergePolicyTests
{
    [Theory]
    [InlineData("keep-alive, 4 connections", 0.42, 0.31, 0.41, 0.31)]
    [InlineData("keep-alive, 64 connections", 0.43, 0.43, 0.50, 0.36)]
    [InlineData("keep-alive, 512 connections", 0.45, 0.36, 0.46, 0.37)]
    [InlineData("TLS", 0.52, 0.32, 0.48, 0.30)]
    [InlineData("a connection for ten requests", 0.37, 0.40, 0.40, 0.45)]
    [InlineData("a connection for each request", 0.31, 0.44, 0.32, 0.38)]
    public void Loops_merge_where_both_wait_and_one_thread_can_serve_both(
        string work, double used1, double delay1, double used2, double delay2)
        => Assert.True(Merges(used1, delay1, used2, delay2), work);

    [Theory]
    [InlineData("one connection", 0.57, 0.02, 0, 0)]
    [InlineData("server-sent events", 0.87, 0.30, 0.50, 0.30)]
    [InlineData("static files of 8 KiB", 0.59, 0.13, 0.37, 0.21)]
    [InlineData("handlers that compute", 0.74, 0.21, 0.81, 0.18)]
    [InlineData("keep-alive, 64 connections, every other 50 ms", 0.22, 0.22, 0.25, 0.18)]
    [InlineData("handlers that await", 0.04, 0.06, 0.05, 0.08)]
    [InlineData("HTTP/2 over TLS, on the thread pool", 0.05, 0.11, 0.06, 0.23)]
    public void They_stay_apart_where_they_do_not_wait_or_need_two_threads(
        string work, double used1, double delay1, double used2, double delay2)
        => Assert.False(Merges(used1, delay1, used2, delay2), work);

    [Fact]
    public void A_loop_that_measures_no_more_is_no_host()
    {
        MergePolicy policy = new();
        LoopLoad.Sample guest = new(Stopwatch.Frequency, 0.4, 0.4, Contended: 3, Idle: 0);
        Assert.True(policy.ShouldMerge(guest, guest));
        Assert.False(policy.ShouldMerge(guest, guest with { At = guest.At - (3 * policy.MeasureEvery) }));
    }

    [Fact]
    public void Three_measurements_have_to_agree()
    {
        LoopLoad.Sample contended = new(At: 1, 0.4, 0.4, Contended: 3, Idle: 0);
        Assert.True(new MergePolicy().ShouldMerge(contended, contended));
        Assert.False(new MergePolicy().ShouldMerge(contended with { Contended = 2 }, contended));
        Assert.False(new MergePolicy().ShouldMerge(contended, contended with { Contended = 2 }));
    }

    [Fact]
    public void Loops_whose_iterations_are_full_stay_apart()
    {
        LoopLoad.Sample contended = new(At: 1, 0.4, 0.4, Contended: 3, EventsPerWait: 10);
        Assert.True(new MergePolicy().ShouldMerge(contended, contended));
        Assert.False(new MergePolicy().ShouldMerge(contended with { EventsPerWait = 60 }, contended));
        Assert.False(new MergePolicy().ShouldMerge(contended, contended with { EventsPerWait = 60 }));
    }

    [Theory]
    [InlineData("keep-alive, 64 connections", 0.94, 0.04, 0.07, 1.2, false)]
    [InlineData("pipelined", 0.98, 0.01, 0.42, 0.95, true)]
    [InlineData("TLS", 0.95, 0.03, 0.17, 1.2, false)]
    [InlineData("handlers that compute", 0.84, 0.06, 0.28, 0.83, true)]
    [InlineData("a connection for each request", 0.55, 0.35, 0.23, 1.1, false)]
    [InlineData("server-sent events", 0.97, 0.01, 0.58, 0.7, true)]
    [InlineData("nothing to do any more", 0.01, 0, 1.9, 0, true)]
    [InlineData("beside threads that compute", 0.30, 0.65, 0, 0.7, true)]
    public void Merged_loops_part_where_a_processor_is_idle_or_one_thread_does_less(
        string work, double used, double delay, double idle, double events, bool parts)
        => Assert.True(new MergePolicy().ShouldPart(new(At: 1, used, delay, Contended: 9, idle, events), eventsBefore: 1) == parts, work);

    [Fact]
    public void Loops_whose_items_are_long_need_their_own_threads()
    {
        LoopLoad.Sample contended = new(At: 1, 0.4, 0.4, Contended: 3);
        Assert.False(new MergePolicy().ShouldMerge(contended with { HasLongItems = true }, contended));
        Assert.False(new MergePolicy().ShouldMerge(contended, contended with { HasLongItems = true }));
        Assert.False(new MergePolicy().ShouldPart(new(At: 1, 0.95, 0.03, Contended: 9, Events: 1), eventsBefore: 1));
        Assert.True(new MergePolicy().ShouldPart(new(At: 1, 0.95, 0.03, Contended: 9, Events: 1, HasLongItems: true), eventsBefore: 1));
    }

    [Fact]
    public void Nothing_parts_before_it_was_measured() => Assert.False(new MergePolicy().ShouldPart(LoopLoad.Sample.None, 1));

    private static bool Merges(double used1, double delay1, double used2, double delay2)
    {
        LoopLoad.Sample one = new(At: 1, used1, delay1, Contended: LoopLoad.IsContended(used1, delay1) ? 3 : 0);
        LoopLoad.Sample other = new(At: 1, used2, delay2, Contended: LoopLoad.IsContended(used2, delay2) ? 3 : 0);
        return new MergePolicy().ShouldMerge(one, other);
    }
}
