using System.Diagnostics;
using Transport.Core.Loops.Merging;

namespace Test.Shared;

/// <summary>Loops merge and part all the time, for no reason.</summary>
internal sealed class RandomMergePolicy : MergePolicy
{
    public override long MeasureEvery => Stopwatch.Frequency / 5_000;

    public override int MeasurementsForParting => 1;

    public override TimeSpan ShortestBackOff => TimeSpan.FromMicroseconds(10);

    public override TimeSpan LongestBackOff => TimeSpan.FromMicroseconds(100);

    public override bool ShouldMerge(LoopLoad.Sample guest, LoopLoad.Sample host) => Random.Shared.Next(2) == 0;

    public override bool ShouldPart(LoopLoad.Sample host, double eventsBefore) => Random.Shared.Next(4) == 0;
}
