namespace WebApp;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Using transport {Transport} with scheduling {Scheduling}.")]
    public static partial void Serving(ILogger logger, string transport, string scheduling);

    [LoggerMessage(3, LogLevel.Information, "Transport {Transport} listens on http://127.0.0.1:{Port}.")]
    public static partial void Side(ILogger logger, string transport, int port);

    [LoggerMessage(2, LogLevel.Warning,
        "Scheduling on workers is not supported by the sockets transport. Using the thread pool instead.")]
    public static partial void NoWorkers(ILogger logger);
}
