using System.Diagnostics;
using Transport.Core.Interop.Threads;
using Transport.Core.Loops.Merging;

namespace Transport.Tests.Scheduling;

/// <summary>What a loop measures of its own thread.</summary>
public sealed class LoopLoadTests
{
    [Fact]
    public void A_thread_that_computes_has_used_a_processor_or_waited_for_one()
    {
        LoopLoad load = new();
        load.Measure(Stopwatch.GetTimestamp(), long.MaxValue, withIdle: true, events: 0, waits: 0, hasLongItems: false);
        Compute();
        load.Measure(Stopwatch.GetTimestamp(), long.MaxValue, withIdle: true, events: 0, waits: 0, hasLongItems: false);
        Compute();
        load.Measure(Stopwatch.GetTimestamp(), long.MaxValue, withIdle: true, events: 0, waits: 0, hasLongItems: false);
        LoopLoad.Sample sample = load.Last;
        Assert.NotEqual(0, sample.At);
        Assert.True(sample.Used > 0, $"{sample}");
        Assert.InRange(sample.Used + sample.Delay, 0.5, 1.1);
        Assert.InRange(sample.Idle, 0, Environment.ProcessorCount + 0.5);
    }

    [Fact]
    public void Events_are_counted_by_the_second_and_by_the_wait()
    {
        LoopLoad load = new();
        load.Measure(Stopwatch.Frequency, long.MaxValue, withIdle: false, events: 100, waits: 10, hasLongItems: false);
        load.Measure(2 * Stopwatch.Frequency, long.MaxValue, withIdle: false, events: 400, waits: 110, hasLongItems: false);
        Assert.Equal(300, load.Last.Events, 1e-3);
        Assert.Equal(3, load.Last.EventsPerWait);
    }

    [Fact]
    public void Another_thread_begins_anew()
    {
        LoopLoad load = new();
        load.Measure(Stopwatch.GetTimestamp(), long.MaxValue, withIdle: false, events: 0, waits: 0, hasLongItems: false);
        Thread other = new(
            () => load.Measure(Stopwatch.GetTimestamp(), long.MaxValue, withIdle: false, events: 0, waits: 0, hasLongItems: false));
        other.Start();
        other.Join();
        Assert.Equal(LoopLoad.Sample.None, load.Last);
    }

    [Fact]
    public void A_measurement_over_a_long_sleep_says_nothing()
    {
        LoopLoad load = new();
        load.Measure(0, long.MaxValue, withIdle: false, events: 0, waits: 0, hasLongItems: false);
        load.Measure(Stopwatch.Frequency, atMost: Stopwatch.Frequency / 2, withIdle: false, events: 0, waits: 0, hasLongItems: false);
        Assert.Equal(LoopLoad.Sample.None, load.Last);
    }

    [Fact]
    public void The_delay_of_a_thread_grows()
    {
        Assert.SkipUnless(File.Exists("/proc/self/schedstat"), "The kernel does not count how long threads wait (CONFIG_SCHED_INFO).");
        ThreadCpuClock clock = ThreadCpuClock.Current!;
        long first = clock.ReadRunDelay()!.Value;
        Thread.Sleep(1);
        Assert.True(clock.ReadRunDelay() >= first);
    }

    [Fact]
    public void The_machines_idle_time_grows()
    {
        double first = ProcessorIdleTime.Read()!.Value;
        Assert.True(first > 0);
        Assert.True(ProcessorIdleTime.Read() >= first);
    }

    private static void Compute()
    {
        long begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begun) < TimeSpan.FromMilliseconds(50))
        {
        }
    }
}
