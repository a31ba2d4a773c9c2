using System.Diagnostics;
using Transport.Core.Scheduling.Threads;
using Transport.Core.Scheduling.Workers;

namespace Transport.Tests.Scheduling;

/// <summary>Which workers are taken to be blocked. A mark that outlives its worker would delay every later batch.</summary>
public sealed class BlockedWorkersTests
{
    private readonly RunningWorkers _running = new(2);
    private readonly BlockedWorkers _blocked;
    private long _now = Stopwatch.GetTimestamp();

    public BlockedWorkersTests() => _blocked = new BlockedWorkers(_running);

    [Fact]
    public void No_worker_is_no_free_worker() => Assert.True(_blocked.AllBlocked);

    [Fact]
    public void A_worker_that_uses_no_processor_is_blocked_and_one_that_finishes_items_is_not()
    {
        FakeWorker blocked = Add(), working = Add();
        for (int check = 0; check < 3; check++)
        {
            working.Finished++;
            Check();
        }

        Assert.True(blocked.IsBlocked);
        Assert.False(working.IsBlocked);
        Assert.Equal(1, _blocked.Blocked);
        Assert.False(_blocked.AllBlocked);
    }

    [Fact]
    public void A_worker_that_computes_is_not_blocked()
    {
        FakeWorker worker = Add();
        for (int check = 0; check < 50; check++)
        {
            worker.Cpu += 1_000_000;
            Check();
        }

        Assert.False(worker.IsBlocked);
    }

    [Fact]
    public void A_worker_that_waits_for_a_processor_is_not_blocked()
    {
        FakeWorker worker = Add();
        worker.Runnable = true;
        Check(50);
        Assert.False(worker.IsBlocked);
    }

    [Fact]
    public void A_worker_that_uses_next_to_no_processor_is_blocked()
    {
        FakeWorker worker = Add();
        for (int check = 0; check < 3; check++)
        {
            worker.Cpu += 50_000;
            Check();
        }

        Assert.True(worker.IsBlocked);
    }

    [Fact]
    public void Without_a_cpu_clock_a_worker_that_finishes_nothing_is_blocked()
    {
        FakeWorker worker = Add();
        worker.Cpu = null;
        Check(3);
        Assert.True(worker.IsBlocked);
    }

    [Fact]
    public void A_blocked_worker_that_computes_later_is_no_longer_blocked()
    {
        FakeWorker worker = Add();
        Check(3);
        Assert.True(worker.IsBlocked);
        for (int check = 0; check < 40; check++)
        {
            worker.Cpu += 1_000_000;
            Check();
        }

        Assert.False(worker.IsBlocked);
        Assert.Equal(0, _blocked.Blocked);
    }

    [Fact]
    public void A_processor_is_idle_while_fewer_workers_run_than_there_are_processors()
    {
        FakeWorker first = Add();
        Assert.True(_running.HasIdleProcessor);
        FakeWorker second = Add();
        Assert.False(_running.HasIdleProcessor);
        second.Cpu = null;
        first.Runnable = true;
        Check(3);
        Assert.True(second.IsBlocked);
        Assert.True(_running.HasIdleProcessor);
        _blocked.Unmark(second);
        Assert.False(_running.HasIdleProcessor);
        _blocked.Remove(first);
        _blocked.Remove(second);
        Assert.True(_running.HasIdleProcessor);
    }

    [Fact]
    public void A_worker_that_leaves_removes_its_mark()
    {
        FakeWorker worker = Add();
        Check(3);
        Assert.True(_blocked.AllBlocked);

        // Marked after its last item, on its way out.
        _blocked.Remove(worker);
        Assert.Equal(0, _blocked.Blocked);
        Assert.True(_blocked.AllBlocked);   // there is none: the next batch calls one at once

        _blocked.Add(worker);
        Assert.False(_blocked.AllBlocked);
        Assert.Equal(0, _blocked.Blocked);
    }

    [Fact]
    public void A_mark_is_removed_once()
    {
        FakeWorker worker = Add();
        Check(3);
        _blocked.Unmark(worker);
        _blocked.Unmark(worker);
        Assert.Equal(0, _blocked.Blocked);
        Assert.False(_blocked.AllBlocked);
    }

    [Fact]
    public void A_worker_that_has_continued_is_not_marked()
    {
        FakeWorker worker = Add();
        _blocked.FindSuspects([]);
        worker.Finished++;
        _blocked.Mark(worker);
        Assert.False(worker.IsBlocked);
    }

    [Fact]
    public void A_worker_whose_thread_has_not_run_yet_is_late_and_not_blocked()
    {
        FakeWorker worker = Add();
        worker.Started = false;
        Check(3);
        Assert.False(worker.IsBlocked);
    }

    private FakeWorker Add()
    {
        FakeWorker worker = new();
        _blocked.Add(worker);
        worker.Started = true;
        _blocked.FindSuspects([]);
        return worker;
    }

    /// <summary>What the scheduler does each millisecond.</summary>
    private void Check(int times = 1)
    {
        for (int i = 0; i < times; i++)
        {
            _now += Stopwatch.Frequency / 1000;
            List<BatchWorker> suspects = [];
            _blocked.FindSuspects(suspects);
            foreach (BatchWorker suspect in suspects)
            {
                if (suspect.CheckBlocked(_now))
                {
                    _blocked.Mark(suspect);
                }
                else
                {
                    _blocked.Unmark(suspect);
                }
            }
        }
    }

    private sealed class FakeWorker : BatchWorker
    {
        public long? Cpu { get; set; } = 0;

        public bool Runnable { get; set; }

        public override void Call()
        {
        }

        protected override long? ReadCpuNanoseconds() => Cpu;

        protected override bool IsRunnable() => Runnable;
    }
}
