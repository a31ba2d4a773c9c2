using Transport.Core.Scheduling.Leaders;

namespace Transport.Tests.Scheduling;

/// <summary>
/// The hand-off of a loop under every interleaving of its steps: exactly one thread owns the loop, every item of the batch is begun exactly
/// once, and everything that was posted is run exactly once, by a loop that somebody leads.
/// </summary>
public sealed class LeadershipTests
{
    [Theory]
    [InlineData(1, 1, 3)]
    [InlineData(2, 1, 4)]
    [InlineData(3, 1, 3)]
    [InlineData(2, 2, 4)]
    [InlineData(3, 3, 4)]
    public void Every_interleaving_keeps_one_owner_and_loses_nothing(int items, int spares, int looks)
    {
        int states = Interleavings.Explore(() => new LeadershipModel(items, spares, looks));
        Assert.True(states > 100, $"{states} states: the model does not run");
    }

    [Fact]
    public void The_exploration_finds_a_leader_that_does_not_notice_its_loss()
    {
        InvalidOperationException found = Assert.Throws<InvalidOperationException>(
            static () => Interleavings.Explore(static () => new LeadershipModel(items: 2, spares: 1, looks: 3, brokenEnd: true)));
        Assert.Contains("has the loop", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_item_is_ended_by_its_leader_or_taken_but_never_both()
    {
        Leadership leadership = new();
        long first = leadership.Begin();
        Assert.Equal(first, leadership.Look());
        Assert.True(leadership.TryTake(first));
        Assert.False(leadership.TryEnd(first));
        long second = leadership.Begin();
        Assert.False(leadership.TryTake(first));
        Assert.True(leadership.TryEnd(second));
        Assert.False(leadership.TryTake(second));
        Assert.Equal(0, leadership.Look());
    }

    [Fact]
    public void A_loop_in_its_own_code_cannot_be_taken() => Assert.False(new Leadership().TryTake(0));
}
