namespace WebApp;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Transport {Transport}, scheduling {Scheduling}")]
    public static partial void Serving(ILogger logger, string transport, string scheduling);

    [LoggerMessage(3, LogLevel.Information, "Transport {Transport} on http://127.0.0.1:{Port}")]
    public static partial void Side(ILogger logger, string transport, int port);

    [LoggerMessage(2, LogLevel.Warning,
        "The sockets transport has no workers of its own: application code runs on the thread pool, its default")]
    public static partial void NoWorkers(ILogger logger);
}
