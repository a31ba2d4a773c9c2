using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace FileAio.Sending;

/// <summary>Applies Kestrel's minimum response data rate to one response over HTTP/1.x.</summary>
/// <remarks>
/// Kestrel counts only the bytes of WriteAsync, not those of GetMemory and Advance. It would abort a flush that waits longer than the grace
/// period. So Kestrel's rate is disabled while the response's flushes wait, and <see cref="ClientProgress"/> applies it to the acknowledged
/// bytes. HTTP/2 counts every byte and keeps Kestrel's rate.
/// </remarks>
internal struct ResponseDataRate(HttpContext context)
{
    // A pipe holds MaxResponseBufferSize (64 KiB) and at most one output buffer (1 MiB) more.
    private const long MostInPipe = 2 << 20;
    private static readonly double LongestDrain = TimeSpan.FromDays(20).TotalSeconds;
    private static readonly long MostUnsent = SendBufferLimit() + MostInPipe;
    private static Drain? s_drain;

    private IHttpMinResponseDataRateFeature? _feature;
    private MinDataRate? _set;
    private bool _isSuspended;

    /// <summary>The application's rate; null if there is no minimum, or if Kestrel enforces it.</summary>
    public MinDataRate? Minimum { get; private set; }

    /// <summary>Whether the request uses HTTP/1.x.</summary>
    public static bool AppliesTo(HttpContext context) => context.Request.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal);

    /// <summary>Called before each flush. The first call replaces Kestrel's rate.</summary>
    /// <param name="isLast">
    /// Whether nothing more is written. Kestrel then waits for the bytes in the pipe and the kernel's send buffer. It closes a connection
    /// whose last bytes take longer than the grace period, or than earlier flushes have earned. The last flush therefore earns the time of
    /// a full send buffer at the minimum rate.
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

    /// <summary>Restores the rate, unless the application has set another.</summary>
    public readonly void Restore()
    {
        if (Minimum is not null && ReferenceEquals(_feature!.MinDataRate, _set))
        {
            _feature.MinDataRate = Minimum;
        }
    }

    private static MinDataRate DrainRate(MinDataRate minimum)
    {
        // Shared by all responses, as long as the application uses one rate.
        if (Volatile.Read(ref s_drain) is { } known && ReferenceEquals(known.Of, minimum))
        {
            return known.Rate;
        }

        double seconds = minimum.GracePeriod.TotalSeconds + (MostUnsent / minimum.BytesPerSecond);
        MinDataRate rate = new MinDataRate(minimum.BytesPerSecond, TimeSpan.FromSeconds(Math.Min(seconds, LongestDrain)));
        Volatile.Write(ref s_drain, new Drain(minimum, rate));
        return rate;
    }

    /// <summary>The largest size that the kernel's autotuning gives a send buffer.</summary>
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
