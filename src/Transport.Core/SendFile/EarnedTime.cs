using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Transport.Core.SendFile;

/// <summary>
/// Has bytes written by GetMemory and Advance earn their time at Kestrel's minimum response data rate, as those of WriteAsync do: Kestrel
/// counts none of them, and would end a flush that waits longer than the grace period. While such a flush waits, its grace period is longer
/// by the time that its bytes take at the rate.
/// </summary>
internal struct EarnedTime(IHttpMinResponseDataRateFeature? feature)
{
    /// <summary>Well within what a TimeSpan, and Kestrel's arithmetic with it, can hold.</summary>
    private const double Longest = 20 * 24 * 3600;

    private MinDataRate? _rate;
    private MinDataRate? _set;

    /// <summary>A flush of so many bytes begins.</summary>
    public void Flushing(long bytes)
    {
        if (feature?.MinDataRate is { } rate)
        {
            _rate = rate;
            double seconds = rate.GracePeriod.TotalSeconds + (bytes / rate.BytesPerSecond);
            feature.MinDataRate = _set = new MinDataRate(rate.BytesPerSecond, TimeSpan.FromSeconds(Math.Min(seconds, Longest)));
        }
    }

    /// <summary>It has ended: gives the rate back, unless somebody has set another. Further calls do nothing.</summary>
    public void Flushed()
    {
        if (_set is not null && ReferenceEquals(feature!.MinDataRate, _set))
        {
            feature.MinDataRate = _rate;
        }

        _set = null;
    }
}
