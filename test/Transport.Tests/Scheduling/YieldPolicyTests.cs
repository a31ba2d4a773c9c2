using System.Diagnostics;
using Transport.Core.Loops.Waiting;

namespace Transport.Tests.Scheduling;

public class YieldPolicyTests
{
    private static readonly long s_short = Stopwatch.Frequency / 10_000;
    private static readonly long s_long = Stopwatch.Frequency / 100;

    [Fact]
    public void Short_yields_go_on()
    {
        YieldPolicy policy = new();
        for (int i = 0; i < 100; i++)
        {
            Assert.True(policy.ShouldYield());
            policy.Add(s_short);
        }
    }

    [Fact]
    public void After_each_long_yield_more_sleeps_follow_without_one()
    {
        YieldPolicy policy = new();
        int[] skipped = new int[12];
        for (int i = 0; i < skipped.Length; i++)
        {
            policy.Add(s_long);
            skipped[i] = Skipped(policy);
        }

        Assert.Equal([1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 1023, 1023], skipped);
    }

    [Fact]
    public void Short_yields_after_long_ones_bring_them_back()
    {
        YieldPolicy policy = new();
        for (int i = 0; i < 4; i++)
        {
            policy.Add(s_long);
            _ = Skipped(policy);
        }

        int[] skipped = new int[5];
        for (int i = 0; i < skipped.Length; i++)
        {
            policy.Add(s_short);
            skipped[i] = Skipped(policy);
        }

        Assert.Equal([7, 3, 1, 0, 0], skipped);
    }

    private static int Skipped(YieldPolicy policy)
    {
        int skipped = 0;
        while (!policy.ShouldYield())
        {
            skipped++;
        }

        return skipped;
    }
}
