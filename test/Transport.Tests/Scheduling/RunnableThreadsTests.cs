using Transport.Core.Loops.Waiting;

namespace Transport.Tests.Scheduling;

public class RunnableThreadsTests
{
    [Fact]
    public void The_calling_thread_is_one_of_them()
    {
        Assert.InRange(RunnableThreads.Count(), 1, 1_000_000);
        Assert.InRange(RunnableThreads.Count(), 1, 1_000_000); // read anew, from the beginning
    }
}
