using Transport.Core.Scheduling;

namespace Transport.Tests.Scheduling;

/// <summary>Who is at work and who of them seems blocked. A mark that outlives its worker would delay every later batch.</summary>
public sealed class BlockedWorkersTests
{
    private readonly BlockedWorkers _blocked = new();

    [Fact]
    public void Nobody_at_work_is_nobody_free() => Assert.True(_blocked.AllStuck);

    [Fact]
    public void A_drainer_that_finishes_nothing_between_looks_is_marked_and_one_that_does_is_not()
    {
        FakeDrainer blocked = At(), working = At();
        for (int look = 0; look < 3; look++)
        {
            working.Finished++;
            _blocked.Look(2);
        }

        Assert.True(blocked.IsStuck);
        Assert.False(working.IsStuck);
        Assert.Equal(1, _blocked.Stuck);
        Assert.False(_blocked.AllStuck);
    }

    [Fact]
    public void Whoever_goes_takes_the_mark_along()
    {
        FakeDrainer worker = At();
        Mark();
        Assert.True(_blocked.AllStuck);

        // Marked after its last item, on its way out.
        _blocked.Remove(worker);
        Assert.Equal(0, _blocked.Stuck);
        Assert.True(_blocked.AllStuck);   // nobody is there: the next batch calls somebody at once

        _blocked.Add(worker);
        Assert.False(_blocked.AllStuck);
        Assert.Equal(0, _blocked.Stuck);
    }

    [Fact]
    public void A_mark_is_taken_off_once()
    {
        FakeDrainer worker = At();
        Mark();
        _blocked.Unmark(worker);
        _blocked.Unmark(worker);
        Assert.Equal(0, _blocked.Stuck);
        Assert.False(_blocked.AllStuck);
    }

    [Fact]
    public void One_that_has_not_been_given_a_processor_yet_is_slow_and_not_blocked()
    {
        FakeDrainer worker = At();
        worker.Started = false;
        Mark();
        Assert.False(worker.IsStuck);
    }

    private FakeDrainer At()
    {
        FakeDrainer worker = new();
        _blocked.Add(worker);
        worker.Started = true;
        return worker;
    }

    private void Mark()
    {
        for (int look = 0; look < 3; look++)
        {
            _blocked.Look(2);
        }
    }

    private sealed class FakeDrainer : BatchWorker
    {
        public override void Call()
        {
        }
    }
}
