using Transport.Core.Loops;

namespace Transport.Tests.Loops;

/// <summary>Who is at work and who of them seems blocked. A mark that outlives its drainer would delay every later batch.</summary>
public sealed class RosterTests
{
    private readonly Roster _roster = new();

    [Fact]
    public void Nobody_at_work_is_nobody_free() => Assert.True(_roster.AllStuck);

    [Fact]
    public void A_drainer_that_finishes_nothing_between_looks_is_marked_and_one_that_does_is_not()
    {
        FakeDrainer blocked = At(), working = At();
        for (int look = 0; look < 3; look++)
        {
            working.Finished++;
            _roster.Look(2);
        }

        Assert.True(blocked.IsStuck);
        Assert.False(working.IsStuck);
        Assert.Equal(1, _roster.Stuck);
        Assert.False(_roster.AllStuck);
    }

    [Fact]
    public void Whoever_goes_takes_the_mark_along()
    {
        FakeDrainer drainer = At();
        Mark();
        Assert.True(_roster.AllStuck);

        // Marked after its last item, on its way out.
        _roster.Remove(drainer);
        Assert.Equal(0, _roster.Stuck);
        Assert.True(_roster.AllStuck);   // nobody is there: the next batch calls somebody at once

        _roster.Add(drainer);
        Assert.False(_roster.AllStuck);
        Assert.Equal(0, _roster.Stuck);
    }

    [Fact]
    public void A_mark_is_taken_off_once()
    {
        FakeDrainer drainer = At();
        Mark();
        _roster.Unmark(drainer);
        _roster.Unmark(drainer);
        Assert.Equal(0, _roster.Stuck);
        Assert.False(_roster.AllStuck);
    }

    [Fact]
    public void One_that_has_not_been_given_a_processor_yet_is_slow_and_not_blocked()
    {
        FakeDrainer drainer = At();
        drainer.Started = false;
        Mark();
        Assert.False(drainer.IsStuck);
    }

    private FakeDrainer At()
    {
        FakeDrainer drainer = new();
        _roster.Add(drainer);
        drainer.Started = true;
        return drainer;
    }

    private void Mark()
    {
        for (int look = 0; look < 3; look++)
        {
            _roster.Look(2);
        }
    }

    private sealed class FakeDrainer : Drainer
    {
        public override void Call()
        {
        }
    }
}
