using Microsoft.Extensions.Logging;

namespace Transport.Uring.Diagnostics;

/// <summary>The log messages of the io_uring transport only.</summary>
internal static partial class UringLog
{
    [LoggerMessage(140, LogLevel.Warning, "io_uring is not available: {Reason} Using epoll instead.", EventName = "UringUnavailable")]
    public static partial void Unavailable(ILogger logger, string reason);

    [LoggerMessage(
        141,
        LogLevel.Warning,
        "{Loop}: the kernel refused {Feature}: {Reason}. Using {Fallback} instead.",
        EventName = "UringFeatureRefused")]
    public static partial void FeatureRefused(ILogger logger, string loop, string feature, string reason, string fallback);
}
