namespace Transport.Tests.Scheduling;

/// <summary>
/// Two loops that merge, under every interleaving of their steps: each is owned by one thread at a time, and what is posted to the guest is
/// run exactly once, wherever it is led.
/// </summary>
public sealed class MergingModelTests
{
    [Theory]
    [InlineData(0, 0, 2, 0, 1, 0, 0)]
    [InlineData(0, 0, 2, 0, 1, 1, 0)]
    [InlineData(0, 0, 2, 0, 2, 1, 0)]
    [InlineData(1, 0, 2, 1, 1, 0, 0)]
    [InlineData(1, 0, 1, 1, 2, 1, 0)]
    [InlineData(1, 1, 1, 2, 1, 0, 0)]
    [InlineData(0, 0, 2, 0, 1, 0, 2)]
    [InlineData(0, 0, 1, 0, 2, 1, 1)]
    public void Every_interleaving_keeps_one_owner_and_loses_nothing(
        int sparesOfA, int sparesOfB, int posts, int looks, int boardings, int partings, int lateEvents)
    {
        MergingModel.Model options = new(sparesOfA, sparesOfB, posts, looks, boardings, partings, lateEvents);
        int states = Interleavings.Explore(() => new MergingModel(options));
        TestContext.Current.SendDiagnosticMessage($"{options}: {states} states");
        Assert.True(states > 100, $"{states} states: the model does not run");
    }

    [Fact]
    public void The_exploration_finds_a_guest_that_is_forgotten()
    {
        MergingModel.Model options = new(SparesOfA: 1, SparesOfB: 0, Posts: 2, Looks: 1, ForgetsToPost: true);
        InvalidOperationException found = Assert.Throws<InvalidOperationException>(
            () => Interleavings.Explore(() => new MergingModel(options)));
        Assert.Contains("times", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_exploration_finds_a_guest_that_an_earlier_host_keeps_to_itself()
    {
        MergingModel.Model options = new(SparesOfA: 0, SparesOfB: 0, Posts: 1, Looks: 0, LateEvents: 1, KeepsToItself: true);
        InvalidOperationException found = Assert.Throws<InvalidOperationException>(
            () => Interleavings.Explore(() => new MergingModel(options)));
        Assert.Contains("times", found.Message, StringComparison.Ordinal);
    }
}
