using Microsoft.Extensions.Logging;

namespace Transport.Blocking;

/// <summary>What only the blocking model logs.</summary>
internal static partial class BlockingLog
{
    [LoggerMessage(130, LogLevel.Warning,
        "{Loop}: all {MaxThreads} threads are taken (MaxThreads). Clients wait in the backlog until a connection ends.", EventName = "ThreadsExhausted")]
    public static partial void ThreadsExhausted(ILogger logger, string loop, int maxThreads);

    [LoggerMessage(131, LogLevel.Warning, "{Loop}: the system did not start a thread: {Reason} Existing threads go on, and starting one is tried again. Nothing is accepted meanwhile.", EventName = "ThreadRefused")]
    public static partial void ThreadRefused(ILogger logger, string loop, string reason);
}
