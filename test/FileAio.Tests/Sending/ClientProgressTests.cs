using FileAio.Sending;

namespace FileAio.Tests.Sending;

/// <summary>The two rules by which a client that reads slowly is told from one that does not read.</summary>
public sealed class ClientProgressTests
{
    private const int Ethernet = 1448, Loopback = 65483;
    private static readonly TimeSpan Minute = TimeSpan.FromSeconds(60), Grace = TimeSpan.FromSeconds(5), Look = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData(250, 4096, Ethernet)]
    [InlineData(1024, 4096, Ethernet)]
    [InlineData(1024, 65483, Loopback)]
    [InlineData(1024, 4096, Loopback)]
    [InlineData(7 * 1024, 393216, Ethernet)]
    [InlineData(1000 * 1024, 393216, Ethernet)]
    public void A_client_that_reads_steadily_is_never_aborted(int bytesPerSecond, int step, int segment)
    {
        ClientProgress progress = new(Minute, 240, Grace);
        for (long second = 0; second < 24 * 3600; second += 5)
        {
            // The receive buffer takes 16 steps at once; then the peer announces room a step at a time.
            progress.Waited(Look);
            progress.Acknowledged((step * 16L) + (second * bytesPerSecond / step * step));
            Assert.True(progress.State(segment) == ClientState.Reading, $"{progress.State(segment)} after {second} s");
        }
    }

    [Theory]
    [InlineData(Ethernet, 60, 70)]
    [InlineData(Loopback, 120, 125)]
    public void A_client_that_reads_nothing_is_aborted(int segment, int after, int before)
    {
        ClientProgress progress = new(Minute, 240, Grace);
        progress.Acknowledged(1 << 30);
        Assert.InRange(SecondsUntil(ClientState.Stalled, progress, segment, static _ => 1 << 30), after, before);
    }

    [Fact]
    public void One_byte_in_ten_seconds_is_too_slow()
    {
        ClientProgress progress = new(Minute, 240, Grace);
        Assert.InRange(SecondsUntil(ClientState.TooSlow, progress, Ethernet, static second => 65536 + (second / 10)), 270, 300);
    }

    [Fact]
    public void A_fast_download_is_credited_with_at_most_ten_minutes()
    {
        ClientProgress progress = new(Minute, 240, Grace);
        Assert.InRange(SecondsUntil(ClientState.TooSlow, progress, Ethernet, static second => (1L << 40) + (second / 10)), 600, 620);
    }

    [Fact]
    public void Without_a_minimum_only_silence_counts_and_without_a_timeout_only_the_rate()
    {
        ClientProgress noRate = new(Minute, null, TimeSpan.Zero);
        Assert.Equal(int.MaxValue, SecondsUntil(ClientState.TooSlow, noRate, Ethernet, static second => second / 10));
        ClientProgress noTimeout = new(TimeSpan.Zero, 240, Grace);
        Assert.Equal(ClientState.Reading, noTimeout.State(Ethernet));
        Assert.InRange(SecondsUntil(ClientState.TooSlow, noTimeout, Ethernet, static _ => 65536), 270, 300);
        ClientProgress neither = new(Timeout.InfiniteTimeSpan, null, TimeSpan.Zero);
        Assert.Equal(int.MaxValue, SecondsUntil(ClientState.Stalled, neither, Ethernet, static _ => 65536));
    }

    [Fact]
    public void A_rate_of_the_application_decides()
    {
        ClientProgress progress = new(Minute, 100_000, TimeSpan.FromSeconds(20));
        Assert.InRange(SecondsUntil(ClientState.TooSlow, progress, Ethernet, static second => 65536 + (second * 50_000L)), 40, 50);
    }

    [Fact]
    public void Time_in_which_nothing_waits_costs_nothing()
    {
        ClientProgress progress = new(Minute, 240, Grace);
        progress.Waited(TimeSpan.FromSeconds(4));
        progress.Flushed(2400);
        Assert.Equal(TimeSpan.FromSeconds(11), progress.Earned);
        progress.Flushing();
        Assert.Equal(ClientState.Reading, progress.State(Ethernet));
    }

    private static int SecondsUntil(ClientState state, ClientProgress progress, int segment, Func<int, long> acknowledged)
    {
        for (int second = 5; second < 24 * 3600; second += 5)
        {
            progress.Waited(Look);
            progress.Acknowledged(acknowledged(second));
            if (progress.State(segment) == state)
            {
                return second;
            }
        }
        return int.MaxValue;
    }
}
