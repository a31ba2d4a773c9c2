using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace FileAio.Sending;

/// <summary>
/// Kestrel's minimum response data rate during one response over HTTP/1.x. Kestrel counts the bytes of WriteAsync alone; of those written
/// by GetMemory and Advance it sees none, and ends a flush that waits longer than the grace period. So the rate is off while the
/// response's flushes wait, where <see cref="ClientProgress"/> applies it to what the peer acknowledges. HTTP/2 counts every byte and
/// keeps Kestrel's rate.
/// </summary>
internal struct ResponseDataRate(HttpContext context)
{
    // A pipe holds MaxResponseBufferSize (64 KiB) and one output buffer (1 MiB at most) more.
    private const long MostInPipe = 2 << 20;
    private static readonly double LongestDrain = TimeSpan.FromDays(20).TotalSeconds;
    private static readonly long MostUnsent = SendBufferLimit() + MostInPipe;
    private static Drain? s_drain;

    private IHttpMinResponseDataRateFeature? _feature;
    private MinDataRate? _set;
    private bool _isSuspended;

    /// <summary>What the application has set; null where there is no minimum, or where Kestrel enforces it.</summary>
    public MinDataRate? Minimum { get; private set; }

    /// <summary>True for HTTP/1.x.</summary>
    public static bool AppliesTo(HttpContext context) => context.Request.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal);

    /// <summary>To be called before each flush; the first takes the rate over.</summary>
    /// <param name="isLast">
    /// Nothing more is written. What the pipe and the kernel's send buffer hold then is for Kestrel to see out: it ends a connection whose
    /// last bytes take longer than the grace period, or than flushes before have earned. So this one earns the time that a full send
    /// buffer takes at the minimum rate.
    /// </param>
    public void BeforeFlush(bool isLast)
    {
        if (!_isSuspended)
        {
            _isSuspended = true;
            _feature = AppliesTo(context) ? context.Features.Get<IHttpMinResponseDataRateFeature>() : null;
            Minimum = _feature?.MinDataRate;
        }

        if (Minimum is not null)
        {
            _feature!.MinDataRate = _set = isLast ? DrainRate(Minimum) : null;
        }
    }

    /// <summary>Gives the rate back, unless somebody has set another.</summary>
    public readonly void Restore()
    {
        if (Minimum is not null && ReferenceEquals(_feature!.MinDataRate, _set))
        {
            _feature.MinDataRate = Minimum;
        }
    }

    private static MinDataRate DrainRate(MinDataRate minimum)
    {
        // One for all responses, as long as the application has one rate.
        if (Volatile.Read(ref s_drain) is { } known && ReferenceEquals(known.Of, minimum))
        {
            return known.Rate;
        }

        double seconds = minimum.GracePeriod.TotalSeconds + (MostUnsent / minimum.BytesPerSecond);
        MinDataRate rate = new MinDataRate(minimum.BytesPerSecond, TimeSpan.FromSeconds(Math.Min(seconds, LongestDrain)));
        Volatile.Write(ref s_drain, new Drain(minimum, rate));
        return rate;
    }

    /// <summary>The largest size that the kernel gives a send buffer by itself.</summary>
    private static long SendBufferLimit()
    {
        const long KernelDefault = 4 << 20;
        try
        {
            string[] sizes = File.ReadAllText("/proc/sys/net/ipv4/tcp_wmem").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            return sizes.Length == 3 ? long.Parse(sizes[2], CultureInfo.InvariantCulture) : KernelDefault;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            return KernelDefault;
        }
    }

    private sealed record Drain(MinDataRate Of, MinDataRate Rate);
}
