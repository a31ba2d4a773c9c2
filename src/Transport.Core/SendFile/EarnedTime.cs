using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Transport.Core.SendFile;

/// <summary>
/// Applies Kestrel's minimum response data rate to bytes that were written by GetMemory and Advance. Kestrel counts only those of
/// WriteAsync, and would abort a flush that waits longer than the grace period. While such a flush waits, its grace period is extended by
/// the time that its bytes take at the rate.
/// </summary>
internal struct EarnedTime(IHttpMinResponseDataRateFeature? feature)
{
    /// <summary>The maximum, well within the range of a TimeSpan and of Kestrel's arithmetic with it.</summary>
    private const double Longest = 20 * 24 * 3600;

    private MinDataRate? _rate;
    private MinDataRate? _set;

    /// <summary>Starts a flush of the given number of bytes.</summary>
    public void Flushing(long bytes)
    {
        if (feature?.MinDataRate is { } rate)
        {
            _rate = rate;
            double seconds = rate.GracePeriod.TotalSeconds + (bytes / rate.BytesPerSecond);
            feature.MinDataRate = _set = new MinDataRate(rate.BytesPerSecond, TimeSpan.FromSeconds(Math.Min(seconds, Longest)));
        }
    }

    /// <summary>Ends the flush: restores the rate, unless other code has set another one. Further calls do nothing.</summary>
    public void Flushed()
    {
        if (_set is not null && ReferenceEquals(feature!.MinDataRate, _set))
        {
            feature.MinDataRate = _rate;
        }

        _set = null;
    }
}
