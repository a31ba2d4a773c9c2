using Bench.Running;

namespace Bench.Tests.Statistics;

public sealed class SliceTests
{
    [Fact]
    public void A_disturbance_of_one_side_is_left_out_on_both()
    {
        SliceTimes[] a = [.. Enumerable.Range(0, 20).Select(_ => Of(10))];
        SliceTimes[] b = [.. Enumerable.Range(0, 20).Select(slice => Of(slice % 5 == 0 ? 60 : 8))];
        (SliceTimes[] ofA, SliceTimes[] ofB) = SliceTimes.Central(a, b);
        Assert.Equal((10, 10), (ofA.Length, ofB.Length));
        Assert.Equal(0.8, SliceTimes.PerByte(ofB) / SliceTimes.PerByte(ofA), 9);
    }

    /// <summary>A machine whose speed halves for some slices slows both neighbours.</summary>
    [Fact]
    public void A_change_of_speed_does_not_change_the_ratio()
    {
        SliceTimes[] a = [.. Enumerable.Range(0, 21).Select(slice => Of(slice % 3 == 0 ? 20 : 10))];
        SliceTimes[] b = [.. Enumerable.Range(0, 21).Select(slice => Of(slice % 3 == 0 ? 16 : 8))];
        (SliceTimes[] ofA, SliceTimes[] ofB) = SliceTimes.Central(a, b);
        Assert.Equal(0.8, SliceTimes.PerByte(ofB) / SliceTimes.PerByte(ofA), 9);
    }

    [Fact]
    public void Slices_without_requests_do_not_count()
    {
        SliceTimes[] few = [.. Enumerable.Range(0, SliceTimes.MinimumSlices - 1).Select(_ => Of(10)),
            new SliceTimes(TimeSpan.FromMilliseconds(10), 0)];
        Assert.Empty(SliceTimes.Central(few, few).A);
    }

    private static SliceTimes Of(double milliseconds) => new(TimeSpan.FromMilliseconds(milliseconds), 1_000_000);
}
