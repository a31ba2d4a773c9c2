using Microsoft.Extensions.Logging;

namespace Transport.Uring;

/// <summary>What only the io_uring transport logs.</summary>
internal static partial class UringLog
{
    [LoggerMessage(140, LogLevel.Warning, "io_uring is not available: {Reason} Using epoll instead.", EventName = "UringUnavailable")]
    public static partial void Unavailable(ILogger logger, string reason);
}
