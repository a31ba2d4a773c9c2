using Microsoft.Extensions.Logging;

namespace Transport.Blocking;

/// <summary>The log messages of the blocking transport only.</summary>
internal static partial class BlockingLog
{
    [LoggerMessage(130, LogLevel.Warning,
        "{Loop}: all {MaxThreads} threads are in use (MaxThreads). Clients wait in the backlog until a connection ends.",
        EventName = "ThreadsExhausted")]
    public static partial void ThreadsExhausted(ILogger logger, string loop, int maxThreads);

    [LoggerMessage(131, LogLevel.Warning,
        "{Loop}: a thread could not be started: {Reason} Accepting paused. Retrying automatically; existing connections continue.",
        EventName = "ThreadRefused")]
    public static partial void ThreadRefused(ILogger logger, string loop, string reason);
}
