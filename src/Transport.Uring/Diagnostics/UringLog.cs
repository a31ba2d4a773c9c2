using Microsoft.Extensions.Logging;

namespace Transport.Uring.Diagnostics;

/// <summary>The log messages of the io_uring transport only.</summary>
internal static partial class UringLog
{
    [LoggerMessage(140, LogLevel.Warning, "io_uring is not available: {Reason} Using epoll instead.", EventName = "UringUnavailable")]
    public static partial void Unavailable(ILogger logger, string reason);
}
