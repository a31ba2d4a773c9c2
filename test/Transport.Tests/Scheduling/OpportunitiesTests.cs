using Transport.Core.Loops.Waiting;

namespace Transport.Tests.Scheduling;

public class OpportunitiesTests
{
    [Fact]
    public void What_pays_goes_on()
    {
        Opportunities opportunities = new(mostSkipped: 1023);
        for (int i = 0; i < 100; i++)
        {
            Assert.True(opportunities.ShouldUse());
            opportunities.Used(wasWasted: false);
        }
    }

    [Fact]
    public void After_each_that_was_wasted_more_are_skipped()
    {
        Opportunities opportunities = new(mostSkipped: 1023);
        int[] skipped = new int[12];
        for (int i = 0; i < skipped.Length; i++)
        {
            opportunities.Used(wasWasted: true);
            skipped[i] = Skipped(opportunities);
        }

        Assert.Equal([1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 1023, 1023], skipped);
    }

    [Fact]
    public void Those_that_pay_bring_them_back()
    {
        Opportunities opportunities = new(mostSkipped: 1023);
        for (int i = 0; i < 4; i++)
        {
            opportunities.Used(wasWasted: true);
            _ = Skipped(opportunities);
        }

        int[] skipped = new int[5];
        for (int i = 0; i < skipped.Length; i++)
        {
            opportunities.Used(wasWasted: false);
            skipped[i] = Skipped(opportunities);
        }

        Assert.Equal([7, 3, 1, 0, 0], skipped);
    }

    private static int Skipped(Opportunities opportunities)
    {
        int skipped = 0;
        while (!opportunities.ShouldUse())
        {
            skipped++;
        }

        return skipped;
    }
}
