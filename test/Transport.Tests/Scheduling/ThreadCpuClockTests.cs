using Transport.Core.Interop.Threads;
using Transport.Tests.Models;

namespace Transport.Tests.Scheduling;

/// <summary>The kernel's answers about real threads.</summary>
public sealed class ThreadCpuClockTests
{
    [Fact]
    public async Task A_thread_that_sleeps_uses_no_cpu_time_and_is_not_runnable()
    {
        using ManualResetEventSlim end = new(false, spinCount: 0);
        (ThreadCpuClock clock, Action join) = Start(end.Wait);
        await Deadline.Until(() => !clock.IsRunnable(), () => "a thread that waits is runnable");
        long before = clock.ReadNanoseconds()!.Value;
        await Task.Delay(20, TestContext.Current.CancellationToken);
        Assert.Equal(before, clock.ReadNanoseconds());
        end.Set();
        join();
    }

    [Fact]
    public async Task A_thread_that_computes_uses_cpu_time_and_is_runnable()
    {
        bool end = false;
        (ThreadCpuClock clock, Action join) = Start(() =>
        {
            while (!Volatile.Read(ref end))
            {
            }
        });
        long before = clock.ReadNanoseconds()!.Value;
        Assert.True(clock.IsRunnable());
        await Deadline.Until(() => clock.ReadNanoseconds() - before > 5_000_000, () => "a thread that computes uses no CPU time");
        Volatile.Write(ref end, true);
        join();
    }

    private static (ThreadCpuClock Clock, Action Join) Start(Action body)
    {
        Assert.SkipUnless(RawSyscalls.AreSupported, "Not on this architecture.");
        ThreadCpuClock? clock = null;
        using ManualResetEventSlim started = new();
        Action join = OwnThread.Start(() =>
        {
            clock = ThreadCpuClock.Current;
            started.Set();
            body();
        });
        Assert.True(started.Wait(Deadline.Default));
        return (clock!, join);
    }
}
